/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of all sorts sent into a pair of interfaces, with xdp_guard where they arrive: what it let
 * pass is heard behind it, and what it says of the rest is held against what was sent.
 */
#include "tests/unit/expect.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <stdio.h>

#include "lib/cleanup.h"
#include "tests/support/command.h"
#include "tests/support/craft.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/shipped.h"
#include "tests/support/sink_lines.h"
#include "tests/support/skip.h"
#include "tests/support/traffic.h"

#define LIMIT 25 /* packets of a source; the window is longer than the test */

/* What the unit's maps hold. */
struct network4 {
	uint32_t prefix;
	uint8_t address[4];
};

struct network6 {
	uint32_t prefix;
	uint8_t address[16];
};

struct guard_total {
	uint64_t passed, blocked, limited, other, malformed;
};

/* What becomes of a frame. */
enum fate { LIMITED, BLOCKED, OTHER, MALFORMED, FATES };

/* Sent once at each step. */
static const struct sort {
	enum fate fate;
	struct craft craft;
} sorts[] = {
	/* Sources with a limit each, one for each of these. */
	{LIMITED, {.source = "192.0.2.1", .payload = 20}},
	{LIMITED, {.source = "192.0.2.2", .payload = 20, .tags = {7}}},
	{LIMITED, {.source = "192.0.2.3", .payload = 20, .tags = {7, 8}}},
	{LIMITED, {.source = "192.0.2.4", .payload = 20, .options = 10}},
	{LIMITED, {.source = "192.0.2.5", .payload = 80, .more_fragments = true}},
	{LIMITED, {.source = "192.0.2.6", .payload = 80, .fragment_offset = 10}},
	{LIMITED, {.source = "2001:db8::1", .is_ip6 = true, .payload = 20}},
	{LIMITED, {.source = "2001:db8::2", .is_ip6 = true, .payload = 20, .extensions = 5}},
	{LIMITED, {.source = "2001:db8::3", .is_ip6 = true, .payload = 80, .fragment_offset = 10}},
	{LIMITED, {.source = "2001:db8::4", .is_ip6 = true, .payload = 20, .tags = {9, 10}}},

	{BLOCKED, {.source = "203.0.113.77", .payload = 20}},
	{BLOCKED, {.source = "203.0.113.78", .payload = 20, .tags = {7, 8}, .options = 3}},
	{BLOCKED, {.source = "203.0.113.79", .payload = 80, .fragment_offset = 10}},
	{BLOCKED, {.source = "2001:db8:bad::1", .is_ip6 = true, .payload = 20, .extensions = 2}},

	{OTHER, {.other = 0x88b5, .payload = 50}},
	/* A third tag is no protocol that it knows. */
	{OTHER, {.source = "203.0.113.80", .payload = 20, .tags = {7, 8, 9}}},

	/* Cut short, in each header. The kernel drops what has not two bytes behind a tag, unheard.
	 */
	{MALFORMED, {.source = "203.0.113.81", .cut = 10}},
	{MALFORMED, {.source = "203.0.113.82", .tags = {7}, .cut = 26}},
	{MALFORMED, {.source = "2001:db8:bad::2", .is_ip6 = true, .cut = 20}},
};

/* The same of a size that only the generic way takes. */
static const struct sort jumbos[] = {
	{LIMITED, {.source = "192.0.2.7", .payload = 8000}},
	{BLOCKED, {.source = "203.0.113.83", .payload = 8000}},
};

/* In memory that traffic and test share. */
struct sent {
	uint64_t sent[FATES];
	uint64_t heard;
	bool with_jumbos;
	int out, in;
};

static struct shipped shipped;
static struct traffic traffic;
static struct sent *sent;

/* ---- traffic ---- */

static int open_ends(void *data)
{
	struct sent *count = data;

	count->out = craft_open(SANDBOX_VETH);
	return 0;
}

static int send_all(struct sent *count, const struct sort *sort, size_t number)
{
	for (size_t i = 0; i < number; i++, sort++) {
		int err = craft_send(count->out, &sort->craft);

		if (err)
			return err;
		count->sent[sort->fate]++;
	}
	return 0;
}

static int send_each(void *data)
{
	struct sent *count = data;
	int err = send_all(count, sorts, ARRAY_SIZE(sorts));

	if (!err && count->with_jumbos)
		err = send_all(count, jumbos, ARRAY_SIZE(jumbos));
	count->heard += craft_heard(count->in);
	return err;
}

static size_t count_sources(enum fate fate)
{
	size_t sources = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sorts); i++)
		sources += sorts[i].fate == fate;
	for (size_t i = 0; sent->with_jumbos && i < ARRAY_SIZE(jumbos); i++)
		sources += jumbos[i].fate == fate;
	return sources;
}

/* ---- the unit ---- */

static void load(const char *name, const char *attach)
{
	shipped_load(&shipped, &sandbox, name,
		     (struct shipped_change[]){{"xdp:eth0", attach},
					       {"packets_per_window=1000", "packets_per_window=25"},
					       {"window_ms=1000", "window_ms=4294967295"},
					       {0}});
}

static void block(void)
{
	cleanup_close int map4 = shipped_map(&shipped, "blocked4");
	cleanup_close int map6 = shipped_map(&shipped, "blocked6");
	struct network4 network4 = {.prefix = 24};
	struct network6 network6 = {.prefix = 48};
	const uint64_t none = 0;

	inet_pton(AF_INET, "203.0.113.0", network4.address);
	inet_pton(AF_INET6, "2001:db8:bad::", network6.address);
	assert_int_equal(bpf_map_update_elem(map4, &network4, &none, BPF_ANY), 0);
	assert_int_equal(bpf_map_update_elem(map6, &network6, &none, BPF_ANY), 0);
}

static uint64_t caught(void)
{
	cleanup_close int map4 = shipped_map(&shipped, "blocked4");
	cleanup_close int map6 = shipped_map(&shipped, "blocked6");
	struct network4 network4 = {.prefix = 24};
	struct network6 network6 = {.prefix = 48};
	uint64_t packets4 = 0, packets6 = 0;

	inet_pton(AF_INET, "203.0.113.0", network4.address);
	inet_pton(AF_INET6, "2001:db8:bad::", network6.address);
	assert_int_equal(bpf_map_lookup_elem(map4, &network4, &packets4), 0);
	assert_int_equal(bpf_map_lookup_elem(map6, &network6, &packets6), 0);
	return packets4 + packets6;
}

/* Events by their reason. */
struct told {
	uint64_t blocked, limited;
};

static void take_event(const json_t *line, void *data)
{
	const char *reason = json_string_value(json_object_get(line, "reason"));
	struct told *told = data;

	told->blocked += strcmp(reason, "BLOCKED") == 0;
	told->limited += strcmp(reason, "LIMITED") == 0;
}

static void expect_events(void)
{
	struct told told = {0};

	(void)sink_wait(shipped.sink, count_sources(BLOCKED) + count_sources(LIMITED));
	(void)sink_read(shipped.sink, take_event, &told);
	shipped_account(&shipped, "sources told of as blocked", count_sources(BLOCKED),
			told.blocked);
	shipped_account(&shipped, "sources told of as limited", count_sources(LIMITED),
			told.limited);
}

/* ---- tests ---- */

static void run_traffic(bool with_jumbos)
{
	sent = traffic_share(sizeof(*sent));
	sent->with_jumbos = with_jumbos;
	/* Here, so that nothing on its way at the end is missed. */
	sent->in = craft_listen(SANDBOX_PEER);
	traffic = (struct traffic){
		.step = send_each, .prepare = open_ends, .data = sent, .pause_usec = 2000};
	block();
	traffic_begin(&traffic, 0);
	shipped_reload(&shipped, &traffic);
	(void)traffic_end(&traffic, true);
	traffic_begin(&traffic, LIMIT + 1);
	(void)traffic_end(&traffic, false);
}

static void account(bool drops)
{
	const uint64_t within = count_sources(LIMITED) * LIMIT;
	const uint64_t over = sent->sent[LIMITED] - within;
	const uint64_t dropped = drops ? sent->sent[BLOCKED] + over : 0;
	const uint64_t all = sent->sent[LIMITED] + sent->sent[BLOCKED] + sent->sent[OTHER] +
			     sent->sent[MALFORMED];

	sent->heard += craft_heard(sent->in);
	shipped_account(&shipped, "packets within the limit", within,
			SHIPPED_TOTAL(&shipped, struct guard_total, passed));
	shipped_account(&shipped, "packets over the limit", over,
			SHIPPED_TOTAL(&shipped, struct guard_total, limited));
	shipped_account(&shipped, "packets of blocked networks", sent->sent[BLOCKED],
			SHIPPED_TOTAL(&shipped, struct guard_total, blocked));
	shipped_account(&shipped, "packets that entries of the lists caught", sent->sent[BLOCKED],
			caught());
	shipped_account(&shipped, "other frames", sent->sent[OTHER],
			SHIPPED_TOTAL(&shipped, struct guard_total, other));
	shipped_account(&shipped, "malformed frames", sent->sent[MALFORMED],
			SHIPPED_TOTAL(&shipped, struct guard_total, malformed));
	shipped_account(&shipped, "frames heard behind it", sent->heard, all - dropped);
	expect_events();
}

static void drops_what_is_listed_and_what_is_too_much(void **state)
{
	(void)state;
	if (!sandbox.has_veth)
		skip_without("veth interfaces");
	load("xdp_guard", "xdp:" SANDBOX_PEER);
	run_traffic(false);
	account(true);
}

static void set_mtu(const char *mtu)
{
	assert_int_equal(command_run("ip", "link", "set", SANDBOX_VETH, "mtu", mtu, NULL), 0);
	assert_int_equal(command_run("ip", "link", "set", SANDBOX_PEER, "mtu", mtu, NULL), 0);
}

static void takes_jumbo_frames_the_generic_way(void **state)
{
	(void)state;
	if (!sandbox.has_veth)
		skip_without("veth interfaces");
	set_mtu("9000");
	load("xdp_guard", "xdp:" SANDBOX_PEER ",generic");
	run_traffic(true);
	account(true);
}

static void counts_alone_and_drops_nothing(void **state)
{
	(void)state;
	if (!sandbox.has_veth)
		skip_without("veth interfaces");
	load("xdp_count", "xdp:" SANDBOX_PEER);
	run_traffic(false);
	account(false);
}

static int clean(void **state)
{
	(void)state;
	traffic_clean(&traffic);
	if (sent)
		close_and_forget(&sent->in);
	traffic_unshare(sent, sizeof(*sent));
	sent = NULL;
	shipped_end(&shipped);
	set_mtu("1500");
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(drops_what_is_listed_and_what_is_too_much, clean),
		cmocka_unit_test_teardown(takes_jumbo_frames_the_generic_way, clean),
		cmocka_unit_test_teardown(counts_alone_and_drops_nothing, clean),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
