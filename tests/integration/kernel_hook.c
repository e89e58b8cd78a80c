/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kinds of hook: each attaches, and what is not there is named. */
#include "tests/unit/expect.h"

#include <stdio.h>

#include "daemon/kernel/hook.h"
#include "lib/cleanup.h"
#include "tests/support/sandbox.h"
#include "tests/support/skip.h"
#include "tests/support/tiny_program.h"

static struct sandbox sandbox = SANDBOX_INIT;

static int set_up(void **state)
{
	(void)state;
	return sandbox_enter(&sandbox);
}

static int tear_down(void **state)
{
	(void)state;
	sandbox_leave(&sandbox);
	return 0;
}

static struct attach parse(const char *text)
{
	struct failure failure;
	struct attach attach;

	if (attach_parse(text, &attach, &failure) < 0)
		fail_msg("%s", failure.text);
	return attach;
}

/* A program that may sit at the hook, with the neutral verdict. */
static int program_for(const struct attach *attach)
{
	struct hook_type type;
	int fd;

	assert_int_equal(hook_describe(attach, &type, NULL), 0);
	fd = tiny_program(type.program_type, type.expected, type.neutral);
	assert_true(fd >= 0);
	return fd;
}

static void expect_attaches(const char *text, int can_update)
{
	struct attach attach = parse(text);
	cleanup_close int program = program_for(&attach), link = -1;
	struct hook_type type;
	struct failure failure;

	link = hook_attach(&attach, program, &failure);
	if (link < 0)
		fail_msg("%s: %s", text, failure.text);
	assert_int_equal(hook_link_can_update(link, program), can_update);
	assert_int_equal(tiny_program_of_link(link), tiny_program_id(program));
	assert_int_equal(hook_describe(&attach, &type, NULL), 0);
	assert_int_equal(type.updatable, can_update);
}

static void expect_refused(const char *text, const char *part)
{
	struct attach attach = parse(text);
	cleanup_close int program = program_for(&attach);
	struct failure failure;

	assert_true(hook_attach(&attach, program, &failure) < 0);
	expect_failure(&failure, OUTCOME_REFUSED, part);
}

static void xdp_attaches_and_updates(void **state)
{
	(void)state;
	expect_attaches("xdp:lo", 1);
	expect_attaches("xdp:lo,generic", 1);
}

static void tcx_attaches_and_updates(void **state)
{
	struct attach attach = parse("tcx:lo/ingress");
	cleanup_close int program = program_for(&attach), link = -1;
	struct failure failure;

	(void)state;
	link = hook_attach(&attach, program, &failure);
	if (link == -EINVAL) {
		expect_failure(&failure, OUTCOME_REFUSED, "Linux 6.6");
		skip_without("tcx links");
	}
	close_and_forget(&link);
	expect_attaches("tcx:lo/ingress", 1);
	expect_attaches("tcx:lo/egress", 1);
}

static void cgroup_attaches_and_updates(void **state)
{
	static const char *const types[] = {"skb_ingress", "skb_egress", "connect4",
					    "bind6",	   "sendmsg4",	 "getpeername4"};

	(void)state;
	if (!sandbox.cgroup[0])
		skip_without("cgroup v2");
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		char text[128];

		(void)snprintf(text, sizeof(text), "cgroup:%s/%s", sandbox.cgroup, types[i]);
		expect_attaches(text, 1);
	}
}

static void tracepoint_attaches_for_good(void **state)
{
	(void)state;
	expect_attaches("tracepoint:sched/sched_process_exec", 0);
}

static void raw_tracepoint_attaches_for_good(void **state)
{
	(void)state;
	expect_attaches("raw_tp:sched_process_exec", 0);
}

static void missing_interface_is_named(void **state)
{
	(void)state;
	expect_refused("xdp:nosuch0", "no interface \"nosuch0\"");
	expect_refused("tcx:nosuch0/egress", "no interface \"nosuch0\"");
}

static void second_xdp_program_is_refused(void **state)
{
	struct attach attach = parse("xdp:lo");
	cleanup_close int program = program_for(&attach);
	cleanup_close int link = hook_attach(&attach, program, NULL);

	(void)state;
	assert_true(link >= 0);
	expect_refused("xdp:lo", "has an XDP program already");
}

static void driver_without_native_xdp_is_told(void **state)
{
	(void)state;
	expect_refused("xdp:lo,native", "use xdp:lo,generic");
}

static void missing_cgroup_is_named(void **state)
{
	char text[128];

	(void)state;
	expect_refused("cgroup:/no/such/cgroup/skb_egress", "no cgroup \"/no/such/cgroup\"");
	(void)snprintf(text, sizeof(text), "cgroup:%s/skb_egress", sandbox.folder);
	expect_refused(text, "no cgroup of the version 2 hierarchy");
}

static void missing_tracepoint_is_named(void **state)
{
	(void)state;
	expect_refused("tracepoint:sched/no_such_event", "no tracepoint \"sched/no_such_event\"");
	expect_refused("raw_tp:no_such_event", "no raw tracepoint \"no_such_event\"");
}

static void program_of_another_type_is_refused(void **state)
{
	struct attach attach = parse("xdp:lo");
	cleanup_close int program = tiny_program(BPF_PROG_TYPE_TRACEPOINT, 0, 0);
	struct failure failure;

	(void)state;
	assert_true(hook_attach(&attach, program, &failure) < 0);
	expect_failure(&failure, OUTCOME_REFUSED, "cannot attach XDP to \"lo\"");
}

/* Another program than the one that the link has: nothing may be updated. */
static void asking_whether_a_link_can_be_updated_changes_nothing(void **state)
{
	struct attach attach = parse("xdp:lo");
	cleanup_close int program = program_for(&attach), other = program_for(&attach), link = -1;

	(void)state;
	link = hook_attach(&attach, program, NULL);
	assert_int_equal(hook_link_can_update(link, other), -EPERM);
	assert_int_equal(tiny_program_of_link(link), tiny_program_id(program));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(xdp_attaches_and_updates),
		cmocka_unit_test(tcx_attaches_and_updates),
		cmocka_unit_test(cgroup_attaches_and_updates),
		cmocka_unit_test(tracepoint_attaches_for_good),
		cmocka_unit_test(raw_tracepoint_attaches_for_good),
		cmocka_unit_test(missing_interface_is_named),
		cmocka_unit_test(second_xdp_program_is_refused),
		cmocka_unit_test(driver_without_native_xdp_is_told),
		cmocka_unit_test(missing_cgroup_is_named),
		cmocka_unit_test(missing_tracepoint_is_named),
		cmocka_unit_test(program_of_another_type_is_refused),
		cmocka_unit_test(asking_whether_a_link_can_be_updated_changes_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
