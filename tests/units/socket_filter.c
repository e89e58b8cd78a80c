/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP segments and other frames sent into a pair of interfaces, with socket_filter where they
 * arrive: each header that it has to copy is delivered once, byte for byte as it was sent.
 */
#include "tests/unit/expect.h"

#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "tests/bpf/lying.h"
#include "tests/support/build_path.h"
#include "tests/support/command.h"
#include "tests/support/craft.h"
#include "tests/support/ctl.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/shipped.h"
#include "tests/support/sink_lines.h"
#include "tests/support/skip.h"
#include "tests/support/traffic.h"

/* What the unit's map holds. */
struct filter_total {
	uint64_t copied, no_room, other, too_long, malformed;
};

/* What is to become of a frame; LATE: copied once its port has been added. */
enum fate { COPIED, LATE, OTHER, TOO_LONG, MALFORMED, FATES };

#define TCP			      .protocol = IPPROTO_TCP, .source_port = 40000
#define HEADERS(options, tcp_options) (40 + 4 * (options) + 4 * (tcp_options))

/* Sent once at each step. Those that are copied are told apart by their source. */
static const struct sort {
	enum fate fate;
	struct craft craft;
} sorts[] = {
	{COPIED, {.source = "192.0.2.1", TCP, .destination_port = 80, .payload = 10}},
	{COPIED, {.source = "192.0.2.2", TCP, .destination_port = 443}},
	{COPIED, {.source = "192.0.2.3", TCP, .destination_port = 443, .options = 10}},
	{COPIED, {.source = "192.0.2.4", TCP, .destination_port = 443, .tcp_options = 10}},
	{COPIED,
	 {.source = "192.0.2.5", TCP, .destination_port = 80, .options = 10, .tcp_options = 10}},
	{COPIED, {.source = "192.0.2.6", TCP, .destination_port = 443, .tags = {7}}},
	{COPIED, {.source = "192.0.2.7", TCP, .destination_port = 443, .tags = {7, 8}}},
	{COPIED,
	 {.source = "192.0.2.8", TCP, .destination_port = 80, .tags = {7, 8, 9}, .options = 1}},
	{COPIED, {.source = "192.0.2.9", TCP, .destination_port = 80, .payload = 1460}},
	{COPIED,
	 {.source = "192.0.2.10",
	  TCP,
	  .destination_port = 80,
	  .payload = 80,
	  .more_fragments = true}},

	{LATE, {.source = "192.0.2.11", TCP, .destination_port = 8080, .payload = 10}},

	{OTHER, {.source = "192.0.2.12", .destination_port = 443, .payload = 30}},
	{OTHER, {.source = "192.0.2.13", TCP, .destination_port = 22}},
	{OTHER, {.source = "192.0.2.14", TCP, .payload = 80, .fragment_offset = 10}},
	{OTHER, {.source = "2001:db8::1", .is_ip6 = true, TCP, .destination_port = 443}},
	{OTHER, {.source = "2001:db8::1", .is_ip6 = true, TCP, .extensions = 3, .tags = {7}}},
	{OTHER, {.other = 0x88b5, .payload = 50}},

	{TOO_LONG, {.source = "192.0.2.15", TCP, .destination_port = 443, .payload = 1461}},
	{TOO_LONG, {.source = "192.0.2.16", TCP, .destination_port = 443, .payload = 8000}},

	{MALFORMED, {.source = "192.0.2.17", TCP, .destination_port = 443, .cut = 38}},
	{MALFORMED, {.source = "192.0.2.18", TCP, .destination_port = 443, .cut = 10}},
	{MALFORMED, {.source = "192.0.2.19", TCP, .tags = {7}, .cut = 30}},
	{MALFORMED,
	 {.source = "192.0.2.20", TCP, .destination_port = 443, .tcp_options = 10, .cut = 1}},
	{MALFORMED, {.source = "192.0.2.21", TCP, .options = 10, .cut = 50}},
};

/* In memory that traffic and test share. */
struct sent {
	uint64_t by_sort[ARRAY_SIZE(sorts)];
	int out;
};

static struct shipped shipped;
static struct traffic traffic;
static struct sent *sent;

/* ---- traffic ---- */

static int open_end(void *data)
{
	struct sent *count = data;

	count->out = craft_open(SANDBOX_VETH);
	return 0;
}

static int send_each(void *data)
{
	struct sent *count = data;

	for (size_t i = 0; i < ARRAY_SIZE(sorts); i++) {
		int err = craft_send(count->out, &sorts[i].craft);

		if (err)
			return err;
		count->by_sort[i]++;
	}
	return 0;
}

static uint64_t sent_of(enum fate fate)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sorts); i++)
		if (sorts[i].fate == fate)
			sum += sent->by_sort[i];
	return sum;
}

/* ---- what was delivered ---- */

struct delivered {
	uint64_t by_sort[ARRAY_SIZE(sorts)];
	uint64_t of_others, altered;
};

/* The headers that the frame has behind its tags, in hexadecimal, with zeroes up to 120 bytes. */
static void write_header(const struct craft *craft, char text[241])
{
	unsigned char frame[CRAFT_FRAME_MAX];
	const size_t length = HEADERS(craft->options, craft->tcp_options);
	size_t start = 14;

	(void)craft_frame(craft, frame);
	for (size_t i = 0; i < CRAFT_TAGS_MAX && craft->tags[i]; i++)
		start += 4;
	for (size_t i = 0; i < 120; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", i < length ? frame[start + i] : 0);
}

static bool is_as_sent(const struct craft *craft, const json_t *line)
{
	char header[241];

	write_header(craft, header);
	return !strcmp(json_string_value(json_object_get(line, "header")), header) &&
	       json_integer_value(json_object_get(line, "vlan")) == craft->tags[0] &&
	       json_integer_value(json_object_get(line, "source_port")) == craft->source_port &&
	       json_integer_value(json_object_get(line, "destination_port")) ==
		       craft->destination_port &&
	       (size_t)json_integer_value(json_object_get(line, "length")) ==
		       HEADERS(craft->options, craft->tcp_options) + craft->payload;
}

static void take_header(const json_t *line, void *data)
{
	const char *source = json_string_value(json_object_get(line, "source"));
	struct delivered *delivered = data;

	for (size_t i = 0; i < ARRAY_SIZE(sorts); i++)
		if (sorts[i].craft.source && !strcmp(sorts[i].craft.source, source)) {
			delivered->by_sort[i]++;
			delivered->altered += !is_as_sent(&sorts[i].craft, line);
			return;
		}
	delivered->of_others++;
}

/* ---- the unit ---- */

static const char *ctl(const char *verb, const char *what, const char *key, const char *value)
{
	const struct ctl_result *result = ctl_run("--runtime-dir", shipped.supervisor.runtime,
						  "map", verb, what, key, value, NULL);

	if (result->status)
		fail_msg("ebpfctl map %s %s: %s", verb, what, result->err);
	return result->out;
}

static void set_mtu(const char *mtu)
{
	assert_int_equal(command_run("ip", "link", "set", SANDBOX_VETH, "mtu", mtu, NULL), 0);
	assert_int_equal(command_run("ip", "link", "set", SANDBOX_PEER, "mtu", mtu, NULL), 0);
}

static uint64_t ring_count(const char *name)
{
	json_t *status =
		json_loads(supervisor_do(&shipped.supervisor, "status", shipped.name), 0, NULL);
	const json_t *ring = json_array_get(json_object_get(status, "events"), 0);
	const json_t *count = json_object_get(ring, name);
	uint64_t number = (uint64_t)json_integer_value(count);

	assert_non_null(count);
	json_decref(status);
	return number;
}

/* ---- tests ---- */

static void start(void)
{
	if (!sandbox.has_veth)
		skip_without("veth interfaces");
	set_mtu("9000");
	sent = traffic_share(sizeof(*sent));
	traffic = (struct traffic){
		.step = send_each, .prepare = open_end, .data = sent, .pause_usec = 2000};
}

static void account(uint64_t late)
{
	static struct delivered delivered;
	const uint64_t expected = sent_of(COPIED) + late;
	uint64_t copied = 0;

	(void)sink_wait(shipped.sink, expected);
	delivered = (struct delivered){0};
	(void)sink_read(shipped.sink, take_header, &delivered);
	for (size_t i = 0; i < ARRAY_SIZE(sorts); i++)
		copied += delivered.by_sort[i];
	shipped_account(&shipped, "headers delivered", expected, copied);
	shipped_account(&shipped, "headers as they were sent", expected,
			copied - delivered.altered);
	shipped_account(&shipped, "headers copied", expected,
			SHIPPED_TOTAL(&shipped, struct filter_total, copied));
	shipped_account(&shipped, "other packets", sent_of(OTHER) + sent_of(LATE) - late,
			SHIPPED_TOTAL(&shipped, struct filter_total, other));
	shipped_account(&shipped, "packets that are too long", sent_of(TOO_LONG),
			SHIPPED_TOTAL(&shipped, struct filter_total, too_long));
	shipped_account(&shipped, "malformed packets", sent_of(MALFORMED),
			SHIPPED_TOTAL(&shipped, struct filter_total, malformed));
	assert_int_equal(delivered.of_others, 0);
	assert_int_equal(ring_count("mismatched"), 0);
}

static uint64_t sent_so_far(void)
{
	return sent_of(LATE);
}

static void each_header_is_delivered_once(void **state)
{
	uint64_t before;

	(void)state;
	start();
	shipped_load(&shipped, &sandbox, "socket_filter",
		     (struct shipped_change[]){{"socket:eth0", "socket:" SANDBOX_PEER}, {0}});
	traffic_begin(&traffic, 0);
	shipped_reload(&shipped, &traffic);
	(void)traffic_end(&traffic, true);
	account(0);

	/* A port more, while the unit runs. */
	before = sent_so_far();
	(void)ctl("set", "socket_filter/ports", "8080", "true");
	traffic_begin(&traffic, 50);
	(void)traffic_end(&traffic, false);
	account(sent_so_far() - before);
}

static void load_the_liar(void)
{
	char object[PATH_MAX], text[PATH_MAX + 512];

	shipped = (struct shipped){.name = "liar"};
	(void)snprintf(shipped.sink, sizeof(shipped.sink), "%s/liar.jsonl", sandbox.folder);
	supervisor_start(&shipped.supervisor, &sandbox);
	build_path("tests/bpf/lying.bpf.o", object, sizeof(object));
	(void)snprintf(text, sizeof(text),
		       "[Unit]\nObject=%s\n[Hook in]\nProgram=on_packet\nAttach=xdp:%s,generic\n"
		       "[Events headers]\nRecord=tcp_header\nFormat=source:ip4\nCheck=tcp4\n"
		       "Sink=file:%s\n",
		       object, SANDBOX_PEER, shipped.sink);
	supervisor_write_unit(&shipped.supervisor, "liar", text);
	(void)supervisor_do(&shipped.supervisor, "load", "liar");
}

static void count_line(const json_t *line, void *data)
{
	uint64_t *lines = data;

	assert_int_not_equal(json_integer_value(json_object_get(line, "destination_port")),
			     htons(LYING_PORT) ^ 1);
	(*lines)++;
}

static void what_a_program_gets_wrong_is_kept_back(void **state)
{
	static const struct craft honest = {
		.source = "192.0.2.1", TCP, .destination_port = 80, .payload = 10};
	static const struct craft lie = {
		.source = "192.0.2.1", TCP, .destination_port = LYING_PORT, .payload = 10};
	uint64_t lines = 0;
	int out;

	(void)state;
	start();
	load_the_liar();
	out = craft_open(SANDBOX_VETH);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(craft_send(out, &lie), 0);
		assert_int_equal(craft_send(out, &honest), 0);
	}
	close_and_forget(&out);
	(void)sink_wait(shipped.sink, 100);
	(void)sink_read(shipped.sink, count_line, &lines);
	shipped_account(&shipped, "true records delivered", 100, lines);
	shipped_account(&shipped, "false records kept back", 100, ring_count("mismatched"));
}

static int clean(void **state)
{
	(void)state;
	traffic_clean(&traffic);
	traffic_unshare(sent, sizeof(*sent));
	sent = NULL;
	shipped_end(&shipped);
	set_mtu("1500");
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(each_header_is_delivered_once, clean),
		cmocka_unit_test_teardown(what_a_program_gets_wrong_is_kept_back, clean),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
