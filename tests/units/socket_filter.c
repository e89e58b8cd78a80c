/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP segments and other frames sent by either end of a pair of interfaces, with socket_filter at
 * one of them: each header that it has to copy is delivered once, byte for byte as it was sent.
 */
#include "tests/unit/expect.h"

#include <inttypes.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "tests/bpf/lying.h"
#include "tests/support/build_path.h"
#include "tests/support/craft.h"
#include "tests/support/ctl.h"
#include "tests/support/quiet.h"
#include "tests/support/receipt.h"
#include "tests/support/salvo.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/shipped.h"
#include "tests/support/sink_lines.h"
#include "tests/support/skip.h"
#include "tests/support/traffic.h"

/* What the unit's map holds. */
struct filter_total {
	uint64_t copied, no_room, other, too_long, malformed;
};

/* What is to become of a frame. */
enum fate {
	COPIED,
	COPIED_AT_FIRST, /* until its port is taken out */
	COPIED_LATER,	 /* from when its port has been added */
	OTHER,
	TOO_LONG,
	MALFORMED,
};

#define TCP(from, port) \
	.source = (from), .protocol = IPPROTO_TCP, .source_port = 40000, .destination_port = (port)
#define HEADERS(options, tcp_options) (40 + 4 * (options) + 4 * (tcp_options))

/* What a fragment without its header has in that place (tests/support/craft.h): it is listed. */
#define PORT_OF_PAYLOAD "515"

/* Those that are copied are told apart by their source. */
static const struct salvo_frame frames[] = {
	{COPIED, {TCP("192.0.2.1", 80), .payload = 10}},
	{COPIED, {TCP("192.0.2.2", 80)}},
	{COPIED, {TCP("192.0.2.3", 80), .options = 10}},
	{COPIED, {TCP("192.0.2.4", 80), .tcp_options = 10}},
	{COPIED, {TCP("192.0.2.5", 80), .options = 10, .tcp_options = 10}},
	{COPIED, {TCP("192.0.2.6", 80), .tags = {7}}},
	{COPIED, {TCP("192.0.2.7", 80), .tags = {7, 8}}},
	{COPIED, {TCP("192.0.2.8", 80), .tags = {7, 8, 9}, .options = 1}},
	{COPIED, {TCP("192.0.2.9", 80), .tags = {7, 8}, .is_8021ad = true}},
	{COPIED, {TCP("192.0.2.10", 80), .payload = 1460}},
	{COPIED, {TCP("192.0.2.11", 80), .payload = 80, .more_fragments = true}},
	/* The packet is short enough; that the frame has more behind it says nothing. */
	{COPIED, {TCP("192.0.2.12", 80), .payload = 1600, .total = 1500}},

	{COPIED_AT_FIRST, {TCP("192.0.2.13", 443), .payload = 10}},
	{COPIED_LATER, {TCP("192.0.2.14", 8080), .payload = 10}},

	{OTHER, {.source = "192.0.2.15", .destination_port = 80, .payload = 30}},
	{OTHER, {TCP("192.0.2.16", 22)}},
	{OTHER, {TCP("192.0.2.17", 80), .payload = 80, .fragment_offset = 10}},
	{OTHER, {TCP("2001:db8::1", 80), .is_ip6 = true}},
	{OTHER, {TCP("2001:db8::1", 80), .is_ip6 = true, .extensions = 3, .tags = {7}}},
	{OTHER, {.other = 0x88b5, .payload = 50}},

	{TOO_LONG, {TCP("192.0.2.18", 80), .payload = 1461}},
	{TOO_LONG, {TCP("192.0.2.19", 80), .payload = 8000}},

	/* Cut short. */
	{MALFORMED, {TCP("192.0.2.20", 80), .cut = 38}},
	{MALFORMED, {TCP("192.0.2.21", 80), .cut = 10}},
	{MALFORMED, {TCP("192.0.2.22", 80), .tags = {7}, .cut = 30}},
	{MALFORMED, {TCP("192.0.2.23", 80), .tcp_options = 10, .cut = 1}},
	{MALFORMED, {TCP("192.0.2.24", 80), .options = 10, .cut = 50}},
	/* With headers that cannot be: of another version, too short, longer than the packet. */
	{MALFORMED, {TCP("192.0.2.25", 80), .first_byte = 0x65}},
	{MALFORMED, {TCP("192.0.2.26", 80), .first_byte = 0x44}},
	{MALFORMED, {TCP("192.0.2.27", 80), .payload = 20, .tcp_words = 4}},
	{MALFORMED, {TCP("192.0.2.28", 80), .total = 39}},
};

static struct shipped shipped;
static struct traffic traffic;
static struct salvo *salvo;

/* ---- what was delivered ---- */

struct delivered {
	uint64_t by_frame[ARRAY_SIZE(frames)];
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

static size_t length_of(const struct craft *craft)
{
	return craft->total ? craft->total
			    : HEADERS(craft->options, craft->tcp_options) + craft->payload;
}

static bool is_as_sent(const struct craft *craft, const json_t *line)
{
	char header[241];

	write_header(craft, header);
	return !strcmp(json_string_value(json_object_get(line, "header")), header) &&
	       json_integer_value(json_object_get(line, "interface")) ==
		       if_nametoindex(SANDBOX_PEER) &&
	       json_integer_value(json_object_get(line, "vlan")) == craft->tags[0] &&
	       json_integer_value(json_object_get(line, "source_port")) == craft->source_port &&
	       json_integer_value(json_object_get(line, "destination_port")) ==
		       craft->destination_port &&
	       (size_t)json_integer_value(json_object_get(line, "length")) == length_of(craft);
}

static void take_header(const json_t *line, void *data)
{
	const char *source = json_string_value(json_object_get(line, "source"));
	struct delivered *delivered = data;

	for (size_t i = 0; i < ARRAY_SIZE(frames); i++)
		if (frames[i].craft.source && !strcmp(frames[i].craft.source, source)) {
			delivered->by_frame[i]++;
			delivered->altered += !is_as_sent(&frames[i].craft, line);
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

/* Bytes that wait at packet sockets of the interface, of which there is one. */
static uint64_t waiting_at_socket(void)
{
	cleanup_fclose FILE *sockets = fopen("/proc/self/net/packet", "re");
	char line[256];
	unsigned interface, bytes, found = 0;
	uint64_t sum = 0;

	assert_non_null(sockets);
	while (fgets(line, sizeof(line), sockets))
		if (sscanf(line, "%*s %*s %*s %*s %u %*s %u", &interface, &bytes) == 2 &&
		    interface == if_nametoindex(SANDBOX_PEER)) {
			sum += bytes;
			found++;
		}
	assert_int_equal(found, 1);
	return sum;
}

/* ---- tests ---- */

static void start(void)
{
	if (!sandbox.has_veth)
		skip_without("veth interfaces");
	assert_int_equal(sandbox_set_mtu(9000), 0);
}

static void load(void)
{
	shipped_load(&shipped, &sandbox, "socket_filter",
		     (struct shipped_change[]){{"socket:eth0", "socket:" SANDBOX_PEER}, {0}});
}

static uint64_t delivered_of(const struct delivered *delivered, enum fate fate)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(frames); i++)
		if (frames[i].fate == (int)fate)
			sum += delivered->by_frame[i];
	return sum;
}

/* `at_first`, `later`: headers of these fates that are to be copied. */
static void account(uint64_t at_first, uint64_t later)
{
	static struct delivered delivered;
	const uint64_t always = salvo_sent(salvo, COPIED), expected = always + at_first + later;
	const uint64_t not_copied = salvo_sent(salvo, COPIED_AT_FIRST) - at_first +
				    salvo_sent(salvo, COPIED_LATER) - later;
	uint64_t copied = 0;

	(void)sink_wait(shipped.sink, expected);
	delivered = (struct delivered){0};
	(void)sink_read(shipped.sink, take_header, &delivered);
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++)
		copied += delivered.by_frame[i];
	shipped_account(&shipped, "headers delivered", always, delivered_of(&delivered, COPIED));
	shipped_account(&shipped, "headers to a port before it is taken out", at_first,
			delivered_of(&delivered, COPIED_AT_FIRST));
	if (later)
		shipped_account(&shipped, "headers to a port once it is added", later,
				delivered_of(&delivered, COPIED_LATER));
	shipped_account(&shipped, "headers as they were sent", expected,
			copied - delivered.altered);
	shipped_account(&shipped, "headers copied", expected,
			SHIPPED_TOTAL(&shipped, struct filter_total, copied));
	shipped_account(&shipped, "other packets", salvo_sent(salvo, OTHER) + not_copied,
			SHIPPED_TOTAL(&shipped, struct filter_total, other));
	shipped_account(&shipped, "packets that are too long", salvo_sent(salvo, TOO_LONG),
			SHIPPED_TOTAL(&shipped, struct filter_total, too_long));
	shipped_account(&shipped, "malformed packets", salvo_sent(salvo, MALFORMED),
			SHIPPED_TOTAL(&shipped, struct filter_total, malformed));
	assert_int_equal(delivered.of_others, 0);
	assert_int_equal(ring_count("mismatched"), 0);
	assert_int_equal(waiting_at_socket(), 0);
}

/* Sent by one end of the pair or the other, while the socket is always at the same. */
static void each_header_is_delivered_once(const char *interface)
{
	uint64_t at_first, later;

	start();
	salvo = salvo_new(interface, frames, ARRAY_SIZE(frames));
	traffic = salvo_traffic(salvo);
	load();
	(void)ctl("set", "socket_filter/ports", PORT_OF_PAYLOAD, "true");
	traffic_begin(&traffic, 0);
	shipped_reload(&shipped, &traffic);
	(void)traffic_end(&traffic, true);
	at_first = salvo_sent(salvo, COPIED_AT_FIRST);
	later = salvo_sent(salvo, COPIED_LATER);
	account(at_first, 0);

	/* A port more and one less while the unit runs, and the list is kept. */
	(void)ctl("set", "socket_filter/ports", "8080", "true");
	(void)ctl("set", "socket_filter/ports", "443", "false");
	receipt_expect_no_loss(supervisor_do(&shipped.supervisor, "reload", shipped.name));
	traffic_begin(&traffic, 50);
	(void)traffic_end(&traffic, false);
	account(at_first, salvo_sent(salvo, COPIED_LATER) - later);
}

static void each_header_that_comes_is_delivered_once(void **state)
{
	(void)state;
	each_header_is_delivered_once(SANDBOX_VETH);
}

static void each_header_that_leaves_is_delivered_once(void **state)
{
	(void)state;
	each_header_is_delivered_once(SANDBOX_PEER);
}

static void count_header(const json_t *line, void *data)
{
	uint64_t *headers = data;

	assert_non_null(json_object_get(line, "header"));
	(*headers)++;
}

/* The ring is full, since the daemon has stopped to read it for a while. */
static void headers_without_room_are_counted(void **state)
{
	static const struct craft segment = {TCP("192.0.2.1", 80)};
	const uint64_t sent = 10000;
	uint64_t delivered = 0;
	int out;

	(void)state;
	start();
	load();
	out = craft_open(SANDBOX_VETH);
	assert_int_equal(kill(shipped.supervisor.pid, SIGSTOP), 0);
	for (uint64_t i = 0; i < sent; i++)
		assert_int_equal(craft_send(out, &segment), 0);
	assert_int_equal(kill(shipped.supervisor.pid, SIGCONT), 0);
	close_and_forget(&out);
	(void)sink_wait(shipped.sink, SHIPPED_TOTAL(&shipped, struct filter_total, copied));
	(void)sink_read(shipped.sink, count_header, &delivered);
	shipped_account(&shipped, "headers that had room", delivered,
			SHIPPED_TOTAL(&shipped, struct filter_total, copied));
	shipped_account(&shipped, "headers without room", sent - delivered,
			SHIPPED_TOTAL(&shipped, struct filter_total, no_room));
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
	static const struct craft honest = {TCP("192.0.2.1", 80), .payload = 10};
	static const struct craft lie = {TCP("192.0.2.1", LYING_PORT), .payload = 10};
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
	salvo_free(&salvo);
	shipped_end(&shipped);
	(void)sandbox_set_mtu(1500);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(each_header_that_comes_is_delivered_once, clean),
		cmocka_unit_test_teardown(each_header_that_leaves_is_delivered_once, clean),
		cmocka_unit_test_teardown(headers_without_room_are_counted, clean),
		cmocka_unit_test_teardown(what_a_program_gets_wrong_is_kept_back, clean),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
