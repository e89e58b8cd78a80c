/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has become of a hook is told, and what can be is made good. */
#include "tests/unit/expect.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/kernel/anchor.h"
#include "daemon/kernel/held_sockets.h"
#include "daemon/kernel/hook.h"
#include "daemon/kernel/hook_heal.h"
#include "daemon/kernel/hook_state.h"
#include "daemon/kernel/hook_target.h"
#include "daemon/kernel/link_pin.h"
#include "daemon/kernel/tc_filter.h"
#include "lib/cleanup.h"
#include "tests/support/command.h"
#include "tests/support/netkit.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/skip.h"
#include "tests/support/tiny_program.h"

/* Together 5 s. */
#define PATIENCE_STEPS	   500
#define PATIENCE_STEP_USEC 10000

static struct manifest_hook hook;
static struct manifest generation = {.unit = "u", .generation = 1, .hooks = &hook, .hook_count = 1};
static struct unit_pins pins = {.unit = "u"};

static int set_up(void **state)
{
	pins.root = sandbox.bpffs;
	return sandbox_set_up(state);
}

/* ---- a unit of one hook ---- */

static void path_of(const char *name, char path[PIN_PATH_MAX])
{
	pin_path(path, sandbox.bpffs, "u/%s", name);
}

static void make_directory(const char *name)
{
	char path[PIN_PATH_MAX];

	path_of(name, path);
	assert_int_equal(bpffs_make_directory(path), 0);
}

static void pin(const char *name, int fd)
{
	char path[PIN_PATH_MAX];

	path_of(name, path);
	assert_int_equal(bpffs_pin(fd, path, NULL), 0);
}

static bool has(const char *name)
{
	char path[PIN_PATH_MAX];

	path_of(name, path);
	return access(path, F_OK) == 0;
}

static int open_link(void)
{
	char path[PIN_PATH_MAX];
	int link;

	path_of("hooks/in/link", path);
	link = bpf_obj_get(path);
	assert_true(link >= 0);
	return link;
}

static int another_program(void)
{
	int fd = tiny_program(hook.program_type, hook.expected, 0);

	assert_true(fd >= 0);
	return fd;
}

static void skip_unless_attaches(const struct attach *attach)
{
	skip_unless(feature_needs_of(attach->kind)->features[0]);
}

/* Attaches a program at `text`, by link or with an entry. */
static void attach_unit(const char *text, enum way way)
{
	static const char *const folders[] = {"", "hooks", "hooks/in", "gen-1", "gen-1/progs"};
	cleanup_close int program = -1, link = -1;
	struct hook_type type;
	struct failure failure;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		make_directory(folders[i]);
	hook = (struct manifest_hook){.name = "in", .place = "in", .program = "p", .way = way};
	assert_int_equal(attach_parse(text, &hook.attach, NULL), 0);
	skip_unless_attaches(&hook.attach);
	assert_int_equal(hook_describe(&hook.attach, &type, NULL), 0);
	hook.program_type = type.program_type;
	hook.expected = type.expected;
	program = another_program();
	hook.program_id = tiny_program_id(program);
	pin(way == WAY_ENTRY ? "hooks/in/entry" : "gen-1/progs/p", program);
	link = hook_attach(&hook.attach, program, &failure);
	if (link < 0)
		fail_msg("%s", failure.text);
	pin("hooks/in/link", link);
	if (hook_engage(&hook.attach, link, program, &failure) < 0)
		fail_msg("%s", failure.text);
	hook_targets_note(&pins, &generation);
}

static int remove_unit(void **state)
{
	char path[PIN_PATH_MAX];

	(void)state;
	path_of("", path);
	return bpffs_remove_unit(path);
}

static struct hook_state look(void)
{
	struct hook_state state;

	assert_int_equal(hook_state_read(&pins, &hook, &state), 0);
	return state;
}

static struct hook_state expect(enum hook_condition condition)
{
	struct hook_state state = look();

	assert_string_equal(hook_condition_name(state.condition), hook_condition_name(condition));
	return state;
}

static void expect_text(const struct hook_state *state, const char *part)
{
	char text[ATTACH_TARGET_MAX + 512];

	hook_state_describe(state, &hook, text, sizeof(text));
	expect_text_has(text, part);
}

/* The kernel lets go of a link a little after its last pin went: until then its place is taken. */
static void heal(void)
{
	const struct hook_state before = look();
	struct failure failure;
	int err = -EBUSY;

	for (int tries = 0; err && tries < PATIENCE_STEPS; tries++) {
		err = hook_heal(&pins, &generation, &hook, &before, &failure);
		if (err)
			usleep(PATIENCE_STEP_USEC);
	}
	if (err)
		fail_msg("%s", failure.text);
	expect(HOOK_STATE_ATTACHED);
	assert_false(has("hooks/in/" LINK_PIN_NEW));
}

static void detach(void)
{
	cleanup_close int link = open_link();

	assert_int_equal(bpf_link_detach(link), 0);
}

static void remove_link_pin(void)
{
	char path[PIN_PATH_MAX];

	path_of("hooks/in/link", path);
	assert_int_equal(unlink(path), 0);
}

/* ---- at each kind ---- */

static void expect_detached_and_healed(const char *text, enum way way)
{
	struct hook_state state;

	attach_unit(text, way);
	state = expect(HOOK_STATE_ATTACHED);
	expect_text(&state, "");
	detach();
	state = expect(HOOK_STATE_DETACHED);
	assert_false(state.returned);
	expect_text(&state, "another hand detached its link");
	heal();
	assert_int_equal(remove_unit(NULL), 0);
}

static void detached_link_is_told_and_attached_again(void **state)
{
	char text[128];

	(void)state;
	expect_detached_and_healed("xdp:lo", WAY_LINK);
	expect_detached_and_healed("xdp:lo", WAY_ENTRY);
	expect_detached_and_healed("tcx:lo/ingress", WAY_LINK);
	expect_detached_and_healed("tcx:lo/egress", WAY_ENTRY);
	if (!sandbox.cgroup[0])
		skip_without("cgroup v2");
	(void)snprintf(text, sizeof(text), "cgroup:%s/skb_egress", sandbox.cgroup);
	expect_detached_and_healed(text, WAY_LINK);
	expect_detached_and_healed(text, WAY_ENTRY);
}

static void removed_pin_is_told_and_made_again(void **state)
{
	static const char *const kinds[] = {"xdp:lo", "raw_tp:sched_process_exec",
					    "tracepoint:sched/sched_process_exec"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct hook_state seen;

		attach_unit(kinds[i], WAY_ENTRY);
		remove_link_pin();
		seen = expect(HOOK_STATE_MISSING);
		expect_text(&seen, "removed the pin of its link");
		heal();
		assert_int_equal(remove_unit(NULL), 0);
	}
}

/* Whoever holds it: a second link would make the program run twice. */
static void link_that_lives_on_without_its_pin_is_pinned_again(void **state)
{
	cleanup_close int held = -1;
	uint32_t id;

	(void)state;
	attach_unit("raw_tp:sched_process_exec", WAY_ENTRY);
	held = open_link();
	id = place_link_id(&pins, "in");
	remove_link_pin();
	expect(HOOK_STATE_MISSING);
	heal();
	assert_int_equal(place_link_id(&pins, "in"), id);
}

static void replaced_program_is_told_and_given_back(void **state)
{
	cleanup_close int link = -1, other = -1;
	struct hook_state seen;

	(void)state;
	attach_unit("xdp:lo", WAY_LINK);
	link = open_link();
	other = another_program();
	assert_int_equal(bpf_link_update(link, other, NULL), 0);
	seen = expect(HOOK_STATE_REPLACED);
	assert_int_equal(seen.other.id, tiny_program_id(other));
	assert_int_equal(seen.other.uid, getuid());
	assert_int_equal(strlen(seen.other.tag), 16);
	expect_text(&seen, seen.other.tag);
	heal();
	assert_int_equal(tiny_program_of_link(link), hook.program_id);
}

static void third_program_is_not_overwritten(void **state)
{
	cleanup_close int link = -1, other = -1, third = -1;
	struct hook_state seen;
	struct failure failure;

	(void)state;
	attach_unit("xdp:lo", WAY_LINK);
	link = open_link();
	other = another_program();
	third = another_program();
	assert_int_equal(bpf_link_update(link, other, NULL), 0);
	seen = look();
	assert_int_equal(bpf_link_update(link, third, NULL), 0);
	assert_int_equal(hook_heal(&pins, &generation, &hook, &seen, &failure), -EPERM);
	assert_int_equal(tiny_program_of_link(link), tiny_program_id(third));
}

static void program_in_the_place_of_a_detached_one_is_named(void **state)
{
	cleanup_close int other = -1, theirs = -1;
	struct hook_state seen;
	struct failure failure;

	(void)state;
	attach_unit("xdp:lo", WAY_LINK);
	detach();
	other = another_program();
	theirs = hook_attach(&hook.attach, other, NULL);
	assert_true(theirs >= 0);
	seen = expect(HOOK_STATE_DETACHED);
	assert_int_equal(seen.other.id, tiny_program_id(other));
	expect_text(&seen, "in its place is program");
	assert_true(hook_heal(&pins, &generation, &hook, &seen, &failure) < 0);
	expect_text_has(failure.text, "has an XDP program already");
	assert_int_equal(bpf_link_detach(theirs), 0);
}

/* ---- before it ---- */

#define FLAG_BEFORE 8 /* BPF_F_BEFORE */

#define AT_TCX_INGRESS 46 /* BPF_TCX_INGRESS */
#define AT_NETKIT_PEER 55 /* BPF_NETKIT_PEER */

/* BPF_LINK_CREATE of Linux 6.6 (include/uapi/linux/bpf.h), as far as chains of programs need it. */
static int put_first(int program, uint32_t attach_type)
{
	struct {
		uint32_t program, interface, attach_type, flags;
		uint64_t relative, revision;
	} create = {(uint32_t)program,
		    if_nametoindex(hook.attach.target),
		    attach_type,
		    FLAG_BEFORE,
		    0,
		    0};
	char attributes[128] = {0};

	memcpy(attributes, &create, sizeof(create));
	return (int)syscall(SYS_bpf, BPF_LINK_CREATE, attributes, sizeof(attributes));
}

/* BPF_PROG_ATTACH of Linux 6.6: without a link. */
static int put_first_without_link(int program)
{
	struct {
		uint32_t interface, program, attach_type, flags, replace, relative;
		uint64_t revision;
	} attach = {if_nametoindex("lo"), (uint32_t)program, AT_TCX_INGRESS, FLAG_BEFORE, 0, 0, 0};

	return (int)syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof(attach));
}

static void expect_outranked(const char *text, uint32_t attach_type)
{
	cleanup_close int other = -1, theirs = -1;
	struct hook_state seen;

	attach_unit(text, WAY_LINK);
	other = another_program();
	theirs = put_first(other, attach_type);
	assert_true(theirs >= 0);
	seen = expect(HOOK_STATE_OUTRANKED);
	assert_int_equal(seen.other.id, tiny_program_id(other));
	expect_text(&seen, "before it");
	assert_int_equal(hook_heal(&pins, &generation, &hook, &seen, NULL), 0);
	expect(HOOK_STATE_OUTRANKED);
	close_and_forget(&theirs);
	expect(HOOK_STATE_ATTACHED);
}

static void program_put_before_it_is_told_and_left_there(void **state)
{
	(void)state;
	expect_outranked("tcx:lo/ingress", AT_TCX_INGRESS);
}

static void program_put_before_it_without_a_link_is_told(void **state)
{
	cleanup_close int other = -1;

	(void)state;
	attach_unit("tcx:lo/ingress", WAY_LINK);
	usleep(20000); /* the time of a pin is as coarse as a tick */
	other = another_program();
	assert_int_equal(put_first_without_link(other), 0);
	assert_int_equal(expect(HOOK_STATE_OUTRANKED).other.id, tiny_program_id(other));
	assert_int_equal(bpf_prog_detach2(other, (int)if_nametoindex("lo"),
					  (enum bpf_attach_type)AT_TCX_INGRESS),
			 0);
}

static void program_that_was_there_first_outranks_nobody(void **state)
{
	struct attach place;
	cleanup_close int first = -1, theirs = -1;

	(void)state;
	assert_int_equal(attach_parse("tcx:lo/ingress", &place, NULL), 0);
	skip_unless_attaches(&place);
	first = tiny_program(BPF_PROG_TYPE_SCHED_CLS, 0, -1);
	theirs = hook_attach(&place, first, NULL);
	assert_true(theirs >= 0);
	attach_unit("tcx:lo/ingress", WAY_LINK);
	expect(HOOK_STATE_ATTACHED);
}

/* ---- what goes and comes back ---- */

static void make_interface(void)
{
	assert_int_equal(command_run("ip", "link", "add", "drift0", "type", "veth", "peer", "name",
				     "drift1", NULL),
			 0);
}

static void remove_interface(const char *name)
{
	assert_int_equal(command_run("ip", "link", "del", name, NULL), 0);
}

/* Attaches there, and the interface goes and comes back. It is left to the caller. */
static void expect_to_return(const char *text)
{
	struct hook_state seen;

	if (!sandbox.has_veth)
		skip_without("veth");
	make_interface();
	attach_unit(text, WAY_ENTRY);
	remove_interface("drift0");
	seen = expect(HOOK_STATE_WAITING);
	expect_text(&seen, "interface \"drift0\" is not there");
	assert_int_equal(hook_heal(&pins, &generation, &hook, &seen, NULL), 0);
	make_interface();
	seen = expect(HOOK_STATE_DETACHED);
	assert_true(seen.returned);
	expect_text(&seen, "went and came back");
	heal();
	assert_int_equal(look().target, if_nametoindex("drift0"));
}

static void interface_that_goes_makes_it_wait(void **state)
{
	(void)state;
	expect_to_return("xdp:drift0");
	detach();
	assert_false(expect(HOOK_STATE_DETACHED).returned);
	remove_interface("drift0");
}

static void interface_under_another_name_keeps_its_link(void **state)
{
	(void)state;
	if (!sandbox.has_veth)
		skip_without("veth");
	make_interface();
	attach_unit("xdp:drift0", WAY_ENTRY);
	assert_int_equal(command_run("ip", "link", "set", "drift0", "name", "drift2", NULL), 0);
	expect(HOOK_STATE_ATTACHED);
	remove_interface("drift2");
}

static void cgroup_that_goes_makes_it_wait(void **state)
{
	char text[160], path[128];
	struct hook_state seen;

	(void)state;
	if (!sandbox.cgroup[0])
		skip_without("cgroup v2");
	(void)snprintf(path, sizeof(path), "%s/drift", sandbox.cgroup);
	(void)snprintf(text, sizeof(text), "cgroup:%s/connect4", path);
	assert_int_equal(mkdir(path, 0755), 0);
	attach_unit(text, WAY_LINK);
	expect(HOOK_STATE_ATTACHED);
	assert_int_equal(rmdir(path), 0);
	seen = expect(HOOK_STATE_WAITING);
	expect_text(&seen, "cgroup");
	assert_int_equal(mkdir(path, 0755), 0);
	assert_true(expect(HOOK_STATE_DETACHED).returned);
	heal();
	assert_int_equal(remove_unit(NULL), 0);
	assert_int_equal(rmdir(path), 0);
}

/* ---- netkit, where programs of both ends are the primary one's ---- */

#define KIT_PRIMARY "netkit:" NETKIT_PRIMARY "/primary"
#define KIT_PEER    "netkit:" NETKIT_PRIMARY "/peer"

static void need_netkit(void)
{
	skip_unless(FEATURE_NETKIT_LINK);
	assert_int_equal(netkit_make(), 0);
}

static int remove_unit_and_netkit(void **state)
{
	netkit_remove();
	return remove_unit(state);
}

static void detached_link_of_netkit_is_attached_again(void **state)
{
	(void)state;
	need_netkit();
	expect_detached_and_healed(KIT_PRIMARY, WAY_LINK);
	expect_detached_and_healed(KIT_PRIMARY, WAY_ENTRY);
	expect_detached_and_healed(KIT_PEER, WAY_LINK);
	expect_detached_and_healed(KIT_PEER, WAY_ENTRY);
}

static void program_put_before_it_at_netkit_is_told(void **state)
{
	(void)state;
	need_netkit();
	expect_outranked(KIT_PEER, AT_NETKIT_PEER);
}

static void expect_to_wait_for_the_pair(const char *text)
{
	attach_unit(text, WAY_LINK);
	assert_int_equal(look().target, if_nametoindex(NETKIT_PRIMARY));
	netkit_remove();
	expect(HOOK_STATE_WAITING);
	assert_int_equal(netkit_make(), 0);
	assert_true(expect(HOOK_STATE_DETACHED).returned);
	heal();
	assert_int_equal(look().target, if_nametoindex(NETKIT_PRIMARY));
	assert_int_equal(remove_unit(NULL), 0);
}

static void netkit_pair_that_goes_makes_it_wait(void **state)
{
	(void)state;
	need_netkit();
	expect_to_wait_for_the_pair(KIT_PRIMARY);
	expect_to_wait_for_the_pair(KIT_PEER);
}

static void netkit_pair_under_another_name_keeps_its_link(void **state)
{
	unsigned primary;

	(void)state;
	need_netkit();
	primary = if_nametoindex(NETKIT_PRIMARY);
	attach_unit(KIT_PEER, WAY_LINK);
	assert_int_equal(command_run("ip", "link", "set", NETKIT_PRIMARY, "down", NULL), 0);
	assert_int_equal(command_run("ip", "link", "set", NETKIT_PRIMARY, "name", "kit2", NULL), 0);
	assert_int_equal(expect(HOOK_STATE_ATTACHED).target, primary);
	remove_interface("kit2");
}

/* ---- filters of traffic control, which have no links ---- */

static struct anchor read_anchor(void)
{
	cleanup_close int link = open_link();
	struct anchor anchor;

	assert_int_equal(anchor_read(link, &anchor), 0);
	return anchor;
}

static bool filter_is_there(const struct anchor *anchor)
{
	uint32_t program;

	return tc_filter_find(anchor, &program) == 0;
}

/* As another hand would; and the unit's end takes the filter along. */
static void detached_filter_is_told_and_made_again(void **state)
{
	static const char *const places[] = {"tc:lo/ingress", "tc:lo/egress"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct hook_state seen;
		struct anchor anchor;

		attach_unit(places[i], WAY_ENTRY);
		expect(HOOK_STATE_ATTACHED);
		anchor = read_anchor();
		tc_filter_detach(&anchor);
		seen = expect(HOOK_STATE_DETACHED);
		assert_false(seen.returned);
		expect_text(&seen, "another hand detached its filter");
		heal();
		assert_true(filter_is_there(&anchor));
		assert_int_equal(remove_unit(NULL), 0);
		assert_false(filter_is_there(&anchor));
	}
}

/* The filter is there all the time, once. */
static void removed_pin_of_a_filter_is_made_again(void **state)
{
	struct hook_state seen;
	struct anchor anchor;

	(void)state;
	attach_unit("tc:lo/ingress", WAY_ENTRY);
	anchor = read_anchor();
	remove_link_pin();
	seen = expect(HOOK_STATE_MISSING);
	expect_text(&seen, "removed the pin of its filter");
	assert_true(filter_is_there(&anchor));
	heal();
	tc_filter_detach(&anchor);
	expect(HOOK_STATE_DETACHED);
}

static void replaced_program_of_a_filter_is_given_back(void **state)
{
	cleanup_close int other = -1, third = -1;
	struct hook_state seen;
	struct failure failure;
	struct anchor anchor;

	(void)state;
	attach_unit("tc:lo/ingress", WAY_ENTRY);
	anchor = read_anchor();
	other = another_program();
	third = another_program();
	assert_int_equal(tc_filter_take_back(&anchor, other, anchor.program), 0);
	seen = expect(HOOK_STATE_REPLACED);
	assert_int_equal(seen.other.id, tiny_program_id(other));
	assert_int_equal(tc_filter_take_back(&anchor, third, seen.other.id), 0);
	assert_int_equal(hook_heal(&pins, &generation, &hook, &seen, &failure), -EPERM);
	expect_text_has(failure.text, "its filter cannot be taken back");
	heal();
	expect(HOOK_STATE_ATTACHED);
}

static void interface_of_a_filter_goes_and_returns(void **state)
{
	(void)state;
	expect_to_return("tc:drift0/egress");
	remove_interface("drift0");
}

/* ---- sockets, which this process holds as the daemon would ---- */

static void attach_socket(const char *text)
{
	attach_unit(text, WAY_ENTRY);
	expect(HOOK_STATE_ATTACHED);
}

/* As the end of the daemon before. */
static void socket_that_ended_with_its_holder_is_opened_again(void **state)
{
	struct hook_state seen;

	(void)state;
	attach_socket("socket:lo");
	held_sockets_deinit();
	seen = expect(HOOK_STATE_DETACHED);
	assert_true(seen.lost);
	expect_text(&seen, "its socket ended with the daemon that held it");
	heal();
}

/* It is the same one: a second socket would make the program run twice. */
static void removed_pin_of_a_socket_is_made_again(void **state)
{
	struct hook_state seen;
	uint64_t cookie;

	(void)state;
	attach_socket("socket:lo");
	cookie = read_anchor().cookie;
	remove_link_pin();
	seen = expect(HOOK_STATE_MISSING);
	assert_false(seen.lost);
	expect_text(&seen, "removed the pin of its socket");
	heal();
	assert_true(read_anchor().cookie == cookie);
}

/* The one that was at the former interface is closed. */
static void interface_of_a_socket_goes_and_returns(void **state)
{
	struct anchor anchor;

	(void)state;
	expect_to_return("socket:drift0");
	anchor = read_anchor();
	held_sockets_release(&anchor);
	assert_false(held_sockets_find(anchor.program, &anchor));
	remove_interface("drift0");
}

/* ---- what a kill leaves ---- */

static void filter_whose_pin_is_not_in_its_place_is_removed(void **state)
{
	cleanup_close int program = -1, link = -1;
	struct anchor anchor;

	(void)state;
	attach_unit("tc:lo/ingress", WAY_ENTRY);
	anchor = read_anchor();
	tc_filter_detach(&anchor);
	program = another_program();
	link = hook_attach(&hook.attach, program, NULL);
	pin("hooks/in/" LINK_PIN_NEW, link);
	assert_int_equal(hook_engage(&hook.attach, link, program, NULL), 0);
	assert_int_equal(anchor_read(link, &anchor), 0);
	assert_true(filter_is_there(&anchor));
	hook_heal_clean_up(&pins, &generation);
	assert_false(filter_is_there(&anchor));
	expect(HOOK_STATE_DETACHED);
}

static void link_that_is_not_in_its_place_is_removed(void **state)
{
	cleanup_close int program = -1, link = -1;

	(void)state;
	attach_unit("xdp:lo", WAY_LINK);
	detach();
	program = another_program();
	link = hook_attach(&hook.attach, program, NULL);
	pin("hooks/in/" LINK_PIN_NEW, link);
	close_and_forget(&link);
	hook_heal_clean_up(&pins, &generation);
	assert_false(has("hooks/in/" LINK_PIN_NEW));
	expect(HOOK_STATE_DETACHED);
	heal();
}

/* A kill between the two leaves both notes. */
static void what_is_there_now_counts_where_two_are_noted(void **state)
{
	(void)state;
	attach_unit("xdp:lo", WAY_LINK);
	make_directory("hooks/in/at-4711");
	detach();
	assert_false(expect(HOOK_STATE_DETACHED).returned);
	heal();
	assert_false(has("hooks/in/at-4711"));
}

int main(void)
{
#define TEST(name)	  cmocka_unit_test_teardown(name, remove_unit)
#define TEST_NETKIT(name) cmocka_unit_test_teardown(name, remove_unit_and_netkit)
	static const struct CMUnitTest tests[] = {
		TEST(detached_link_is_told_and_attached_again),
		TEST(removed_pin_is_told_and_made_again),
		TEST(link_that_lives_on_without_its_pin_is_pinned_again),
		TEST(replaced_program_is_told_and_given_back),
		TEST(third_program_is_not_overwritten),
		TEST(program_in_the_place_of_a_detached_one_is_named),
		TEST(program_put_before_it_is_told_and_left_there),
		TEST(program_put_before_it_without_a_link_is_told),
		TEST(program_that_was_there_first_outranks_nobody),
		TEST(interface_that_goes_makes_it_wait),
		TEST(interface_under_another_name_keeps_its_link),
		TEST(cgroup_that_goes_makes_it_wait),
		TEST_NETKIT(detached_link_of_netkit_is_attached_again),
		TEST_NETKIT(program_put_before_it_at_netkit_is_told),
		TEST_NETKIT(netkit_pair_that_goes_makes_it_wait),
		TEST_NETKIT(netkit_pair_under_another_name_keeps_its_link),
		TEST(detached_filter_is_told_and_made_again),
		TEST(removed_pin_of_a_filter_is_made_again),
		TEST(replaced_program_of_a_filter_is_given_back),
		TEST(interface_of_a_filter_goes_and_returns),
		TEST(socket_that_ended_with_its_holder_is_opened_again),
		TEST(removed_pin_of_a_socket_is_made_again),
		TEST(interface_of_a_socket_goes_and_returns),
		TEST(filter_whose_pin_is_not_in_its_place_is_removed),
		TEST(link_that_is_not_in_its_place_is_removed),
		TEST(what_is_there_now_counts_where_two_are_noted),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, set_up, sandbox_tear_down);
}
