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
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "tests/bpf/vlan_push.h"
#include "tests/support/build_path.h"
#include "tests/support/command.h"
#include "tests/support/craft.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/shipped.h"
#include "tests/support/skip.h"
#include "tests/support/traffic.h"

#define IFB "ifb0"

/* include/uapi/linux/bpf.h of Linux 6.6; libbpf 1.1 does not know them. */
#define FLAG_BEFORE   8
#define ATTACH_EGRESS 47

/* What the unit's map holds. */
struct redirect_total {
	uint64_t passed, in_frame, in_metadata, kept, bytes;
};

enum tag { NONE, IN_FRAME, IN_METADATA, TAGS };

/* Sent once at each step. */
static const struct sort {
	enum tag tag;
	struct craft craft;
} sorts[] = {
	{NONE, {.source = "192.0.2.1", .payload = 20}},
	{NONE, {.source = "192.0.2.1", .payload = 20, .options = 10, .protocol = 6}},
	{NONE, {.source = "192.0.2.1", .payload = 80, .fragment_offset = 10}},
	{NONE, {.source = "2001:db8::1", .is_ip6 = true, .payload = 20, .extensions = 3}},
	{NONE, {.source = "192.0.2.1", .payload = 8000}},
	{NONE, {.other = 0x88b5, .payload = 50}},
	{NONE, {.source = "192.0.2.1", .cut = 20}},

	{IN_FRAME, {.source = "192.0.2.1", .payload = 20, .tags = {7}}},
	{IN_FRAME, {.source = "192.0.2.1", .payload = 20, .tags = {7, 8}}},
	{IN_FRAME, {.source = "192.0.2.1", .payload = 20, .tags = {7, 8, 9}}},
	{IN_FRAME, {.source = "192.0.2.1", .payload = 80, .tags = {7}, .more_fragments = true}},
	{IN_FRAME, {.source = "2001:db8::1", .is_ip6 = true, .payload = 20, .tags = {7}}},
	{IN_FRAME, {.source = "192.0.2.1", .payload = 8000, .tags = {7}}},
	/* Two bytes behind the tag: with fewer the kernel drops it where it arrives, unheard. */
	{IN_FRAME, {.source = "192.0.2.1", .tags = {7}, .cut = 26}},

	{IN_METADATA, {.other = VLAN_PUSH_TYPE, .payload = 50}},
	{IN_METADATA, {.other = VLAN_PUSH_TYPE, .payload = 8000}},
};

/* In memory that traffic and test share. */
struct sent {
	uint64_t sent[TAGS];
	uint64_t heard, heard_at_ifb;
	int out, in, ifb;
};

static struct shipped shipped;
static struct traffic traffic;
static struct sent *sent;
static struct bpf_object *pusher;
static int pusher_link = -1;

/* ---- the surroundings ---- */

static void set_up(const char *interface)
{
	assert_int_equal(command_run("ip", "link", "set", interface, "mtu", "9000", NULL), 0);
	assert_int_equal(command_run("ip", "link", "set", interface, "up", NULL), 0);
}

static bool make_ifb(void)
{
	if (command_run("ip", "link", "add", IFB, "type", "ifb", NULL))
		return false;
	(void)command_run("ip", "link", "set", IFB, "addrgenmode", "none", NULL);
	set_up(IFB);
	return true;
}

static void remove_ifb(void)
{
	if (if_nametoindex(IFB))
		(void)command_run("ip", "link", "del", IFB, NULL);
}

static int attach_before_all(int program)
{
	struct {
		uint32_t program, interface, attach_type, flags;
		uint64_t relative, revision;
	} create = {
		(uint32_t)program, if_nametoindex(SANDBOX_VETH), ATTACH_EGRESS, FLAG_BEFORE, 0, 0};
	char attributes[128] = {0};

	memcpy(attributes, &create, sizeof(create));
	return (int)syscall(SYS_bpf, BPF_LINK_CREATE, attributes, sizeof(attributes));
}

/* Where there is no tcx; the filter goes with the interface. */
static int add_first_filter(int program)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex(SANDBOX_VETH),
		    .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = program, .priority = 1);
	int err = bpf_tc_hook_create(&hook);

	return err && err != -EEXIST ? err : bpf_tc_attach(&hook, &opts);
}

/* Runs before the unit. */
static void push_tags(void)
{
	char path[PATH_MAX];
	int program;

	build_path("tests/bpf/vlan_push.bpf.o", path, sizeof(path));
	pusher = bpf_object__open_file(path, NULL);
	assert_non_null(pusher);
	bpf_program__set_type(bpf_object__next_program(pusher, NULL), BPF_PROG_TYPE_SCHED_CLS);
	assert_int_equal(bpf_object__load(pusher), 0);
	program = bpf_program__fd(bpf_object__next_program(pusher, NULL));
	if (feature_probe(FEATURE_TCX_LINK)) {
		pusher_link = attach_before_all(program);
		assert_true(pusher_link >= 0);
	} else {
		assert_int_equal(add_first_filter(program), 0);
	}
}

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
		count->sent[sorts[i].tag]++;
	}
	count->heard += craft_heard(count->in);
	if (count->ifb >= 0)
		count->heard_at_ifb += craft_heard(count->ifb);
	return 0;
}

static void account(void)
{
	sent->heard += craft_heard(sent->in);
	sent->heard_at_ifb += craft_heard(sent->ifb);
	shipped_account(&shipped, "frames without a tag", sent->sent[NONE],
			SHIPPED_TOTAL(&shipped, struct redirect_total, passed));
	shipped_account(&shipped, "tags in the frame", sent->sent[IN_FRAME],
			SHIPPED_TOTAL(&shipped, struct redirect_total, in_frame));
	shipped_account(&shipped, "tags in metadata", sent->sent[IN_METADATA],
			SHIPPED_TOTAL(&shipped, struct redirect_total, in_metadata));
	shipped_account(&shipped, "frames heard at the other end", sent->heard,
			SHIPPED_TOTAL(&shipped, struct redirect_total, passed));
	shipped_account(&shipped, "frames heard at ifb0", sent->heard_at_ifb,
			SHIPPED_TOTAL(&shipped, struct redirect_total, in_frame) +
				SHIPPED_TOTAL(&shipped, struct redirect_total, in_metadata));
	assert_int_equal(SHIPPED_TOTAL(&shipped, struct redirect_total, kept), 0);
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

static void redirects(const char *attach)
{
	set_up(SANDBOX_VETH);
	set_up(SANDBOX_PEER);
	push_tags();
	load(attach);
	sent = traffic_share(sizeof(*sent));
	sent->in = craft_listen(SANDBOX_PEER);
	sent->ifb = craft_listen(IFB);
	traffic = (struct traffic){
		.step = send_each, .prepare = open_end, .data = sent, .pause_usec = 2000};
	traffic_begin(&traffic, 0);
	shipped_reload(&shipped, &traffic);
	(void)traffic_end(&traffic, true);
	account();
}

/* Frames stay where they were, and are not lost. */
static void passes_where_ifb_is_gone(void)
{
	const uint64_t tagged = sent->sent[IN_FRAME] + sent->sent[IN_METADATA];
	const uint64_t heard = sent->heard;
	uint64_t now_tagged;

	close_and_forget(&sent->ifb);
	remove_ifb();
	traffic_begin(&traffic, 10);
	(void)traffic_end(&traffic, false);
	sent->heard += craft_heard(sent->in);
	now_tagged = sent->sent[IN_FRAME] + sent->sent[IN_METADATA] - tagged;
	shipped_account(&shipped, "tagged frames without ifb0", now_tagged,
			SHIPPED_TOTAL(&shipped, struct redirect_total, kept));
	shipped_account(&shipped, "frames heard without ifb0", sent->heard - heard,
			10 * ARRAY_SIZE(sorts));
	supervisor_refuses(&shipped.supervisor, "reload", shipped.name, 5,
			   "interface:ifb0: there is no such interface");
}

static void redirects_by_tcx(void **state)
{
	(void)state;
	skip_what_is_not_there();
	skip_unless(FEATURE_TCX_LINK);
	redirects("tcx:" SANDBOX_VETH "/egress");
	passes_where_ifb_is_gone();
}

static void redirects_by_a_filter_of_tc(void **state)
{
	(void)state;
	skip_what_is_not_there();
	skip_unless(FEATURE_TC_FILTER);
	redirects("tc:" SANDBOX_VETH "/egress");
	passes_where_ifb_is_gone();
}

static int clean(void **state)
{
	(void)state;
	traffic_clean(&traffic);
	if (sent) {
		close_and_forget(&sent->in);
		close_and_forget(&sent->ifb);
	}
	traffic_unshare(sent, sizeof(*sent));
	sent = NULL;
	close_and_forget(&pusher_link);
	bpf_object__close(pusher);
	pusher = NULL;
	shipped_end(&shipped);
	remove_ifb();
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
