/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of all sorts sent into a pair of interfaces, with xdp_guard where they arrive: what it let
 * pass is heard behind it, and what it says of the rest is held against what was sent.
 */
#include "tests/unit/expect.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "tests/support/craft.h"
#include "tests/support/quiet.h"
#include "tests/support/salvo.h"
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

struct source {
	uint64_t window, packets, told, dropped;
};

/* The lists. */
static const struct network {
	const char *address;
	uint32_t prefix;
} networks4[] = {{"203.0.113.0", 24}, {"198.51.100.7", 32}},
  networks6[] = {{"2001:db8:bad::", 48}, {"2001:db8:5::7", 128}};

/* What becomes of a frame. */
enum fate { LIMITED, BLOCKED, OTHER, MALFORMED };

#define IP4(address) .source = (address), .payload = 20
#define IP6(address) .source = (address), .is_ip6 = true, .payload = 20

static const struct salvo_frame frames[] = {
	/* Sources with a limit each, one for each of these. */
	{LIMITED, {IP4("192.0.2.1")}},
	{LIMITED, {IP4("192.0.2.2"), .tags = {7}}},
	{LIMITED, {IP4("192.0.2.3"), .tags = {7, 8}}},
	{LIMITED, {IP4("192.0.2.4"), .tags = {7, 8}, .is_8021ad = true}},
	{LIMITED, {IP4("192.0.2.5"), .options = 10}},
	{LIMITED, {IP4("192.0.2.6"), .more_fragments = true}},
	{LIMITED, {IP4("192.0.2.7"), .fragment_offset = 10}},
	{LIMITED, {IP4("198.51.100.8")}},
	{LIMITED, {IP6("2001:db8::1")}},
	{LIMITED, {IP6("2001:db8::2"), .extensions = 5}},
	{LIMITED, {IP6("2001:db8::3"), .fragment_offset = 10}},
	{LIMITED, {IP6("2001:db8::4"), .tags = {9, 10}}},
	{LIMITED, {IP6("2001:db8:5::8")}},

	{BLOCKED, {IP4("203.0.113.77")}},
	{BLOCKED, {IP4("203.0.113.78"), .tags = {7, 8}, .options = 3}},
	{BLOCKED, {IP4("203.0.113.79"), .fragment_offset = 10}},
	{BLOCKED, {IP4("198.51.100.7")}},
	{BLOCKED, {IP6("2001:db8:bad::1"), .extensions = 2}},
	{BLOCKED, {IP6("2001:db8:5::7")}},

	{OTHER, {.other = 0x88b5, .payload = 50}},
	/* A third tag is no protocol that it knows. */
	{OTHER, {IP4("203.0.113.80"), .tags = {7, 8, 9}}},

	/* Cut short, in each header. The kernel drops what has not two bytes behind a tag, unheard.
	 */
	{MALFORMED, {.source = "203.0.113.81", .cut = 10}},
	{MALFORMED, {.source = "203.0.113.82", .tags = {7}, .cut = 26}},
	{MALFORMED, {.source = "2001:db8:bad::2", .is_ip6 = true, .cut = 20}},
	/* Of another version than the frame says, and too short to be a header. */
	{MALFORMED, {IP4("203.0.113.83"), .first_byte = 0x65}},
	{MALFORMED, {IP6("2001:db8:bad::3"), .first_byte = 0x45}},
	{MALFORMED, {IP4("203.0.113.84"), .first_byte = 0x44}},

	/* Of a size that only the generic way takes. */
	{LIMITED, {.source = "192.0.2.8", .payload = 8000}},
	{BLOCKED, {.source = "203.0.113.85", .payload = 8000}},
};

#define JUMBOS 2

static struct shipped shipped;
static struct traffic traffic;
static struct salvo *salvo;

/* ---- the unit ---- */

static void load(const char *name, const char *attach, const char *packets, const char *window)
{
	shipped_load(&shipped, &sandbox, name,
		     (struct shipped_change[]){{"xdp:eth0", attach},
					       {"packets_per_window=1000", packets},
					       {"window_ms=1000", window},
					       {0}});
}

static struct network4 key4(const struct network *network)
{
	struct network4 key = {.prefix = network->prefix};

	assert_int_equal(inet_pton(AF_INET, network->address, key.address), 1);
	return key;
}

static struct network6 key6(const struct network *network)
{
	struct network6 key = {.prefix = network->prefix};

	assert_int_equal(inet_pton(AF_INET6, network->address, key.address), 1);
	return key;
}

static void block(void)
{
	cleanup_close int map4 = shipped_map(&shipped, "blocked4");
	cleanup_close int map6 = shipped_map(&shipped, "blocked6");
	const uint64_t none = 0;

	for (size_t i = 0; i < ARRAY_SIZE(networks4); i++) {
		const struct network4 key = key4(&networks4[i]);

		assert_int_equal(bpf_map_update_elem(map4, &key, &none, BPF_ANY), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(networks6); i++) {
		const struct network6 key = key6(&networks6[i]);

		assert_int_equal(bpf_map_update_elem(map6, &key, &none, BPF_ANY), 0);
	}
}

static uint64_t caught_by(int map, const void *key)
{
	uint64_t packets;

	assert_int_equal(bpf_map_lookup_elem(map, key, &packets), 0);
	return packets;
}

static uint64_t caught(void)
{
	cleanup_close int map4 = shipped_map(&shipped, "blocked4");
	cleanup_close int map6 = shipped_map(&shipped, "blocked6");
	uint64_t packets = 0;

	for (size_t i = 0; i < ARRAY_SIZE(networks4); i++) {
		const struct network4 key = key4(&networks4[i]);

		packets += caught_by(map4, &key);
	}
	for (size_t i = 0; i < ARRAY_SIZE(networks6); i++) {
		const struct network6 key = key6(&networks6[i]);

		packets += caught_by(map6, &key);
	}
	return packets;
}

/* Packets over the limit, by what each source's count says. */
static uint64_t dropped_of_sources(void)
{
	cleanup_close int map = shipped_map(&shipped, "sources");
	uint8_t key[16], *before = NULL;
	struct source source;
	uint64_t dropped = 0;

	for (; bpf_map_get_next_key(map, before, key) == 0; before = key) {
		assert_int_equal(bpf_map_lookup_elem(map, key, &source), 0);
		dropped += source.dropped;
	}
	return dropped;
}

/* ---- events ---- */

#define MAPPED "::ffff:" /* what an IPv4 address begins with */

static const struct salvo_frame *frame_from(const char *source)
{
	if (strncmp(source, MAPPED, strlen(MAPPED)) == 0)
		source += strlen(MAPPED);
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++)
		if (frames[i].craft.source && strcmp(frames[i].craft.source, source) == 0)
			return &frames[i];
	fail_msg("an event of %s", source);
	return NULL;
}

/* Of each frame's source. */
struct told {
	uint64_t by_frame[ARRAY_SIZE(frames)];
};

static void take_event(const json_t *line, void *data)
{
	const struct salvo_frame *frame =
		frame_from(json_string_value(json_object_get(line, "source")));
	struct told *told = data;

	assert_string_equal(json_string_value(json_object_get(line, "reason")),
			    frame->fate == BLOCKED ? "BLOCKED" : "LIMITED");
	assert_int_equal(json_integer_value(json_object_get(line, "packets")),
			 frame->fate == BLOCKED ? 1 : LIMIT + 1);
	assert_int_equal(json_integer_value(json_object_get(line, "interface")),
			 if_nametoindex(SANDBOX_PEER));
	told->by_frame[frame - frames]++;
}

static uint64_t sources_told_of(const struct told *told, enum fate fate)
{
	uint64_t sources = 0;

	for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
		assert_in_range(told->by_frame[i], 0, 1);
		sources += frames[i].fate == (int)fate && told->by_frame[i];
	}
	return sources;
}

static void expect_events(void)
{
	const size_t blocked = salvo_count(salvo, BLOCKED), limited = salvo_count(salvo, LIMITED);
	struct told told = {0};

	(void)sink_wait(shipped.sink, blocked + limited);
	(void)sink_read(shipped.sink, take_event, &told);
	shipped_account(&shipped, "sources told of as blocked", blocked,
			sources_told_of(&told, BLOCKED));
	shipped_account(&shipped, "sources told of as limited", limited,
			sources_told_of(&told, LIMITED));
}

/* ---- tests ---- */

#define WINDOW_WITHOUT_END "window_ms=4294967295"

static void run_traffic(size_t number)
{
	salvo = salvo_new(SANDBOX_VETH, frames, number);
	salvo_listen(salvo, 0, SANDBOX_PEER);
	traffic = salvo_traffic(salvo);
	block();
	traffic_begin(&traffic, 0);
	shipped_reload(&shipped, &traffic);
	(void)traffic_end(&traffic, true);
	traffic_begin(&traffic, LIMIT + 1);
	(void)traffic_end(&traffic, false);
}

static void account(bool drops)
{
	const uint64_t within = salvo_count(salvo, LIMITED) * LIMIT;
	const uint64_t over = salvo_sent(salvo, LIMITED) - within;
	const uint64_t blocked = salvo_sent(salvo, BLOCKED);
	const uint64_t other = salvo_sent(salvo, OTHER), malformed = salvo_sent(salvo, MALFORMED);
	const uint64_t kept_back = drops ? 0 : blocked + over;

	shipped_account(&shipped, "packets within the limit", within,
			SHIPPED_TOTAL(&shipped, struct guard_total, passed));
	shipped_account(&shipped, "packets over the limit", over,
			SHIPPED_TOTAL(&shipped, struct guard_total, limited));
	shipped_account(&shipped, "packets over the limit, by source", over, dropped_of_sources());
	shipped_account(&shipped, "packets of blocked networks", blocked,
			SHIPPED_TOTAL(&shipped, struct guard_total, blocked));
	shipped_account(&shipped, "packets that entries of the lists caught", blocked, caught());
	shipped_account(&shipped, "other frames", other,
			SHIPPED_TOTAL(&shipped, struct guard_total, other));
	shipped_account(&shipped, "malformed frames", malformed,
			SHIPPED_TOTAL(&shipped, struct guard_total, malformed));
	shipped_account(&shipped, "frames heard behind it", salvo_heard(salvo, 0),
			within + other + malformed + kept_back);
	expect_events();
}

static void drops_what_is_listed_and_what_is_too_much(void **state)
{
	(void)state;
	if (!sandbox.has_veth)
		skip_without("veth interfaces");
	load("xdp_guard", "xdp:" SANDBOX_PEER, "packets_per_window=25", WINDOW_WITHOUT_END);
	run_traffic(ARRAY_SIZE(frames) - JUMBOS);
	account(true);
}

static void takes_jumbo_frames_the_generic_way(void **state)
{
	(void)state;
	if (!sandbox.has_veth)
		skip_without("veth interfaces");
	assert_int_equal(sandbox_set_mtu(9000), 0);
	load("xdp_guard", "xdp:" SANDBOX_PEER ",generic", "packets_per_window=25",
	     WINDOW_WITHOUT_END);
	run_traffic(ARRAY_SIZE(frames));
	account(true);
}

static void counts_alone_and_drops_nothing(void **state)
{
	(void)state;
	if (!sandbox.has_veth)
		skip_without("veth interfaces");
	load("xdp_count", "xdp:" SANDBOX_PEER, "packets_per_window=25", WINDOW_WITHOUT_END);
	run_traffic(ARRAY_SIZE(frames) - JUMBOS);
	account(false);
}

/* Sends packets of one source, and waits until they are counted. Returns how many there were. */
static uint64_t send_packets(int out, const char *source, uint64_t number)
{
	const struct craft craft = {IP4(source)};
	const uint64_t before = SHIPPED_TOTAL(&shipped, struct guard_total, passed) +
				SHIPPED_TOTAL(&shipped, struct guard_total, blocked) +
				SHIPPED_TOTAL(&shipped, struct guard_total, limited);
	uint64_t now = before;

	for (uint64_t i = 0; i < number; i++)
		assert_int_equal(craft_send(out, &craft), 0);
	for (int i = 0; i < 5000 && now < before + number; i++) {
		usleep(1000);
		now = SHIPPED_TOTAL(&shipped, struct guard_total, passed) +
		      SHIPPED_TOTAL(&shipped, struct guard_total, blocked) +
		      SHIPPED_TOTAL(&shipped, struct guard_total, limited);
	}
	assert_int_equal(now, before + number);
	return number;
}

#define WINDOW_MSEC 50

static uint64_t window_now(void)
{
	return traffic_now() / 1000000 / WINDOW_MSEC;
}

static void expect_limited(const json_t *line, void *data)
{
	(void)data;
	assert_string_equal(json_string_value(json_object_get(line, "reason")), "LIMITED");
	assert_int_equal(json_integer_value(json_object_get(line, "packets")), LIMIT + 1);
}

/* As the unit counts windows itself: by the same clock, from boot on. */
static void a_source_has_its_limit_in_each_window(void **state)
{
	cleanup_close int out = -1;
	uint64_t sent = 0, passed = 0, events = 0, first, windows;

	(void)state;
	if (!sandbox.has_veth)
		skip_without("veth interfaces");
	load("xdp_guard", "xdp:" SANDBOX_PEER, "packets_per_window=25", "window_ms=50");
	out = craft_open(SANDBOX_VETH);
	first = window_now();
	for (int i = 0; i < 500 && (passed <= 3 * LIMIT || events < 2); i++) {
		sent += send_packets(out, "192.0.2.1", 4 * LIMIT);
		passed = SHIPPED_TOTAL(&shipped, struct guard_total, passed);
		events = sink_read(shipped.sink, expect_limited, NULL);
	}
	windows = window_now() - first + 1;
	assert_in_range(passed, 3 * LIMIT + 1, windows * LIMIT);
	assert_in_range(events, 2, windows);
	shipped_account(&shipped, "packets of a source, window by window", sent - passed,
			SHIPPED_TOTAL(&shipped, struct guard_total, limited));
}

static void expect_one_event(const json_t *line, void *data)
{
	(void)data;
	assert_string_equal(json_string_value(json_object_get(line, "reason")), "BLOCKED");
	assert_int_equal(json_integer_value(json_object_get(line, "packets")), 11);
}

/* Without a limit; the source is one that has sent already when its network is listed. */
static void a_list_is_changed_while_it_runs(void **state)
{
	const struct network4 key = key4(&networks4[0]);
	const uint64_t none = 0;
	cleanup_close int out = -1, map = -1;

	(void)state;
	if (!sandbox.has_veth)
		skip_without("veth interfaces");
	load("xdp_guard", "xdp:" SANDBOX_PEER, "packets_per_window=0", WINDOW_WITHOUT_END);
	out = craft_open(SANDBOX_VETH);
	map = shipped_map(&shipped, "blocked4");
	(void)send_packets(out, "203.0.113.77", 10);
	assert_int_equal(bpf_map_update_elem(map, &key, &none, BPF_ANY), 0);
	(void)send_packets(out, "203.0.113.77", 20);
	assert_int_equal(caught_by(map, &key), 20);
	assert_int_equal(bpf_map_delete_elem(map, &key), 0);
	(void)send_packets(out, "203.0.113.77", 30);
	shipped_account(&shipped, "packets while their network is not listed", 40,
			SHIPPED_TOTAL(&shipped, struct guard_total, passed));
	shipped_account(&shipped, "packets while their network is listed", 20,
			SHIPPED_TOTAL(&shipped, struct guard_total, blocked));
	(void)sink_wait(shipped.sink, 1);
	assert_int_equal(sink_read(shipped.sink, expect_one_event, NULL), 1);
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
		cmocka_unit_test_teardown(drops_what_is_listed_and_what_is_too_much, clean),
		cmocka_unit_test_teardown(takes_jumbo_frames_the_generic_way, clean),
		cmocka_unit_test_teardown(counts_alone_and_drops_nothing, clean),
		cmocka_unit_test_teardown(a_source_has_its_limit_in_each_window, clean),
		cmocka_unit_test_teardown(a_list_is_changed_while_it_runs, clean),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
