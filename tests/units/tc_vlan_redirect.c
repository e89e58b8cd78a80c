/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames with and without VLAN tags sent by an interface, with tc_vlan_redirect where they leave:
 * who listens at its other end and at ifb0 hears each of them once, and those with tags at ifb0
 * alone.
 */
#include "tests/unit/expect.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <limits.h>
#include <net/if.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "tests/bpf/vlan_push.h"
#include "tests/support/build_path.h"
#include "tests/support/command.h"
#include "tests/support/per_cpu.h"
#include "tests/support/quiet.h"
#include "tests/support/salvo.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/shipped.h"
#include "tests/support/skip.h"
#include "tests/support/traffic.h"

#define IFB "ifb0"

/* The ears. */
enum { OTHER_END, AT_IFB };

/* include/uapi/linux/bpf.h of Linux 6.6; libbpf 1.1 does not know them. */
#define FLAG_BEFORE   8
#define ATTACH_EGRESS 47

/* What the unit's map holds. */
struct redirect_total {
	uint64_t passed, in_frame, in_metadata, kept, bytes;
};

/* Where a frame has its tag; TOO_LARGE: for an interface whose MTU is 1500. */
enum tag { NONE, IN_FRAME, IN_FRAME_TOO_LARGE, IN_METADATA, IN_METADATA_TOO_LARGE };

#define UDP(bytes) .source = "192.0.2.1", .payload = (bytes)

static const struct salvo_frame frames[] = {
	{NONE, {UDP(20)}},
	{NONE, {UDP(20), .options = 10, .protocol = 6}},
	{NONE, {UDP(80), .fragment_offset = 10}},
	{NONE, {.source = "2001:db8::1", .is_ip6 = true, .payload = 20, .extensions = 3}},
	{NONE, {UDP(8000)}},
	{NONE, {.other = 0x88b5, .payload = 50}},
	{NONE, {UDP(0), .cut = 20}},

	{IN_FRAME, {UDP(20), .tags = {7}}},
	{IN_FRAME, {UDP(20), .tags = {7, 8}}},
	{IN_FRAME, {UDP(20), .tags = {7, 8, 9}}},
	{IN_FRAME, {UDP(20), .tags = {7, 8}, .is_8021ad = true}},
	{IN_FRAME, {UDP(80), .tags = {7}, .more_fragments = true}},
	{IN_FRAME, {UDP(80), .tags = {7}, .fragment_offset = 10}},
	{IN_FRAME, {.source = "2001:db8::1", .is_ip6 = true, .payload = 20, .tags = {7}}},
	/* Two bytes behind the tag: with fewer the kernel drops it where it arrives, unheard. */
	{IN_FRAME, {UDP(0), .tags = {7}, .cut = 26}},
	/* A packet of 1500 bytes, and of one more. */
	{IN_FRAME, {UDP(1472), .tags = {7}}},
	{IN_FRAME_TOO_LARGE, {UDP(1473), .tags = {7}}},
	{IN_FRAME_TOO_LARGE, {UDP(8000), .tags = {7}}},

	{IN_METADATA, {.other = VLAN_PUSH_TYPE, .payload = 50}},
	{IN_METADATA, {.other = VLAN_PUSH_TYPE, .payload = 1500}},
	{IN_METADATA_TOO_LARGE, {.other = VLAN_PUSH_TYPE, .payload = 8000}},
};

static struct shipped shipped;
static struct traffic traffic;
static struct salvo *salvo;

/* Before the unit and behind it. */
static struct bpf_object *neighbours;
static int links[] = {-1, -1};

/* ---- the surroundings ---- */

static bool make_ifb(void)
{
	if (command_run("ip", "link", "add", IFB, "type", "ifb", NULL))
		return false;
	(void)command_run("ip", "link", "set", IFB, "addrgenmode", "none", NULL);
	assert_int_equal(command_run("ip", "link", "set", IFB, "mtu", "9000", "up", NULL), 0);
	return true;
}

static void remove_ifb(void)
{
	if (if_nametoindex(IFB))
		(void)command_run("ip", "link", "del", IFB, NULL);
}

static int attach_by_tcx(int program, uint32_t flags)
{
	struct {
		uint32_t program, interface, attach_type, flags;
		uint64_t relative, revision;
	} create = {(uint32_t)program, if_nametoindex(SANDBOX_VETH), ATTACH_EGRESS, flags, 0, 0};
	char attributes[128] = {0};

	memcpy(attributes, &create, sizeof(create));
	return (int)syscall(SYS_bpf, BPF_LINK_CREATE, attributes, sizeof(attributes));
}

/* It goes with the interface. */
static int add_filter(int program, uint32_t priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex(SANDBOX_VETH),
		    .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = program, .priority = priority);
	int err = bpf_tc_hook_create(&hook);

	return err && err != -EEXIST ? err : bpf_tc_attach(&hook, &opts);
}

static void load_neighbours(void)
{
	char path[PATH_MAX];
	struct bpf_program *program;

	build_path("tests/bpf/vlan_push.bpf.o", path, sizeof(path));
	neighbours = bpf_object__open_file(path, NULL);
	assert_non_null(neighbours);
	bpf_object__for_each_program (program, neighbours)
		bpf_program__set_type(program, BPF_PROG_TYPE_SCHED_CLS);
	assert_int_equal(bpf_object__load(neighbours), 0);
}

/* By the same kind of hook as the unit: all filters run behind all of tcx. */
static void attach_neighbour(const char *name, bool is_first, bool by_tcx)
{
	const int program = bpf_program__fd(bpf_object__find_program_by_name(neighbours, name));

	if (by_tcx) {
		links[is_first] = attach_by_tcx(program, is_first ? FLAG_BEFORE : 0);
		assert_true(links[is_first] >= 0);
	} else {
		assert_int_equal(add_filter(program, is_first ? 1 : UINT16_MAX), 0);
	}
}

static uint64_t seen_behind(void)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(neighbours, "frames");
	const uint32_t zero = 0;

	return per_cpu_sum(bpf_map__fd(map), &zero, sizeof(uint64_t), 0);
}

/* ---- what was counted ---- */

static uint64_t sent_in_frame(void)
{
	return salvo_sent(salvo, IN_FRAME) + salvo_sent(salvo, IN_FRAME_TOO_LARGE);
}

static uint64_t sent_in_metadata(void)
{
	return salvo_sent(salvo, IN_METADATA) + salvo_sent(salvo, IN_METADATA_TOO_LARGE);
}

static uint64_t sent_bytes(void)
{
	return salvo_sent_bytes(salvo, IN_FRAME) + salvo_sent_bytes(salvo, IN_FRAME_TOO_LARGE) +
	       salvo_sent_bytes(salvo, IN_METADATA) +
	       salvo_sent_bytes(salvo, IN_METADATA_TOO_LARGE);
}

static void account(void)
{
	const uint64_t none = salvo_sent(salvo, NONE), in_frame = sent_in_frame(),
		       in_metadata = sent_in_metadata();

	shipped_account(&shipped, "frames without a tag", none,
			SHIPPED_TOTAL(&shipped, struct redirect_total, passed));
	shipped_account(&shipped, "tags in the frame", in_frame,
			SHIPPED_TOTAL(&shipped, struct redirect_total, in_frame));
	shipped_account(&shipped, "tags in metadata", in_metadata,
			SHIPPED_TOTAL(&shipped, struct redirect_total, in_metadata));
	shipped_account(&shipped, "bytes of frames with a tag", sent_bytes(),
			SHIPPED_TOTAL(&shipped, struct redirect_total, bytes));
	shipped_account(&shipped, "frames heard at the other end", salvo_heard(salvo, OTHER_END),
			none);
	shipped_account(&shipped, "frames heard at ifb0", salvo_heard(salvo, AT_IFB),
			in_frame + in_metadata);
	shipped_account(&shipped, "frames seen behind it", none, seen_behind());
	assert_int_equal(SHIPPED_TOTAL(&shipped, struct redirect_total, kept), 0);
}

/* What is sent in so many steps more, and becomes of it; `passes`: frames of each step. */
static void expect_kept(const char *what, uint64_t steps, uint64_t kept, uint64_t passes)
{
	const uint64_t heard = salvo_heard(salvo, OTHER_END);
	const uint64_t kept_before = SHIPPED_TOTAL(&shipped, struct redirect_total, kept);

	traffic_begin(&traffic, steps);
	(void)traffic_end(&traffic, false);
	shipped_account(&shipped, what, steps * kept,
			SHIPPED_TOTAL(&shipped, struct redirect_total, kept) - kept_before);
	shipped_account(&shipped, what, salvo_heard(salvo, OTHER_END) - heard, steps * passes);
}

/* ---- tests ---- */

static void skip_what_is_not_there(void)
{
	if (!sandbox.has_veth)
		skip_without("veth interfaces");
	if (!make_ifb())
		skip_without("ifb interfaces");
}

static void load(const char *attach)
{
	shipped_load(&shipped, &sandbox, "tc_vlan_redirect",
		     (struct shipped_change[]){{"tcx:eth0/egress", attach}, {0}});
}

static void redirects(const char *attach, bool by_tcx)
{
	assert_int_equal(sandbox_set_mtu(9000), 0);
	load_neighbours();
	attach_neighbour("on_egress", true, by_tcx);
	load(attach);
	attach_neighbour("behind", false, by_tcx);
	salvo = salvo_new(SANDBOX_VETH, frames, ARRAY_SIZE(frames));
	salvo_listen(salvo, OTHER_END, SANDBOX_PEER);
	salvo_listen(salvo, AT_IFB, IFB);
	traffic = salvo_traffic(salvo);
	traffic_begin(&traffic, 0);
	shipped_reload(&shipped, &traffic);
	(void)traffic_end(&traffic, true);
	account();
}

/* Frames stay where they were, and are not lost. */
static void passes_what_is_too_large_for_ifb(void)
{
	const uint64_t too_large =
		salvo_count(salvo, IN_FRAME_TOO_LARGE) + salvo_count(salvo, IN_METADATA_TOO_LARGE);

	assert_int_equal(command_run("ip", "link", "set", IFB, "mtu", "1500", NULL), 0);
	expect_kept("frames too large for ifb0", 10, too_large,
		    too_large + salvo_count(salvo, NONE));
}

static void passes_where_ifb_is_gone(void)
{
	salvo_cover(salvo, AT_IFB);
	remove_ifb();
	expect_kept("tagged frames without ifb0", 10, ARRAY_SIZE(frames) - salvo_count(salvo, NONE),
		    ARRAY_SIZE(frames));
	supervisor_refuses(&shipped.supervisor, "reload", shipped.name, 5,
			   "interface:ifb0: there is no such interface");
	(void)supervisor_do(&shipped.supervisor, "unload", shipped.name);
	supervisor_refuses(&shipped.supervisor, "load", shipped.name, 5,
			   "interface:ifb0: there is no such interface");
}

static void redirects_by_tcx(void **state)
{
	(void)state;
	skip_what_is_not_there();
	skip_unless(FEATURE_TCX_LINK);
	redirects("tcx:" SANDBOX_VETH "/egress", true);
	passes_what_is_too_large_for_ifb();
	passes_where_ifb_is_gone();
}

static void redirects_by_a_filter_of_tc(void **state)
{
	(void)state;
	skip_what_is_not_there();
	skip_unless(FEATURE_TC_FILTER);
	redirects("tc:" SANDBOX_VETH "/egress", false);
	passes_what_is_too_large_for_ifb();
	passes_where_ifb_is_gone();
}

static int clean(void **state)
{
	(void)state;
	traffic_clean(&traffic);
	salvo_free(&salvo);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		close_and_forget(&links[i]);
	bpf_object__close(neighbours);
	neighbours = NULL;
	shipped_end(&shipped);
	remove_ifb();
	(void)sandbox_set_mtu(1500);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(redirects_by_tcx, clean),
		cmocka_unit_test_teardown(redirects_by_a_filter_of_tc, clean),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
