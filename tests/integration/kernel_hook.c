/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kinds of hook: each attaches, and what is not there is named. */
#include "tests/unit/expect.h"

#include <bpf/libbpf.h>
#include <stdio.h>

#include "daemon/kernel/hook.h"
#include "lib/cleanup.h"
#include "tests/support/hook_expect.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/skip.h"
#include "tests/support/tiny_program.h"

/* BPF_CGROUP_UNIX_CONNECT of Linux 6.7. */
#define UNIX_CONNECT 49

static void xdp_attaches_and_updates(void **state)
{
	(void)state;
	hook_expect_attaches("xdp:lo", 1);
	hook_expect_attaches("xdp:lo,generic", 1);
}

static void tcx_attaches_and_updates(void **state)
{
	(void)state;
	if (!feature_probe(FEATURE_TCX_LINK)) {
		hook_expect_refused("tcx:lo/ingress", "Linux 6.6");
		skip_without("tcx links");
	}
	hook_expect_attaches("tcx:lo/ingress", 1);
	hook_expect_attaches("tcx:lo/egress", 1);
}

static void expect_all_attach(const char *const *types, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char text[128];

		(void)snprintf(text, sizeof(text), "cgroup:%s/%s", sandbox.cgroup, types[i]);
		hook_expect_attaches(text, 1);
	}
}

static void cgroup_attaches_and_updates(void **state)
{
	static const char *const types[] = {
		"skb_ingress",	"skb_egress",	"sock_create",	"sock_release", "post_bind4",
		"post_bind6",	"bind4",	"bind6",	"connect4",	"connect6",
		"sendmsg4",	"sendmsg6",	"recvmsg4",	"recvmsg6",	"getpeername4",
		"getpeername6", "getsockname4", "getsockname6", "getsockopt",	"setsockopt",
		"sockops",	"dev",		"sysctl"};

	(void)state;
	if (!sandbox.cgroup[0])
		skip_without("cgroup v2");
	expect_all_attach(types, ARRAY_SIZE(types));
}

static void cgroup_of_unix_sockets_attaches_and_updates(void **state)
{
	static const char *const types[] = {"connect_unix", "sendmsg_unix", "recvmsg_unix",
					    "getpeername_unix", "getsockname_unix"};
	cleanup_close int program =
		tiny_program(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, (enum bpf_attach_type)UNIX_CONNECT, 1);

	(void)state;
	if (!sandbox.cgroup[0])
		skip_without("cgroup v2");
	if (program < 0)
		skip_without("cgroup hooks of unix sockets");
	expect_all_attach(types, ARRAY_SIZE(types));
}

static void cgroup_of_security_modules_attaches_and_updates(void **state)
{
	static const char *const types[] = {"lsm_socket_bind", "lsm_file_open"};
	int id = libbpf_find_vmlinux_btf_id("socket_bind", BPF_LSM_CGROUP);
	cleanup_close int program =
		id < 0 ? id : tiny_program_for(BPF_PROG_TYPE_LSM, BPF_LSM_CGROUP, (uint32_t)id);

	(void)state;
	if (!sandbox.cgroup[0])
		skip_without("cgroup v2");
	if (program < 0)
		skip_without("LSM programs of cgroups");
	expect_all_attach(types, ARRAY_SIZE(types));
}

static void tracepoint_attaches_for_good(void **state)
{
	(void)state;
	hook_expect_attaches("tracepoint:sched/sched_process_exec", 0);
}

static void raw_tracepoint_attaches_for_good(void **state)
{
	(void)state;
	hook_expect_attaches("raw_tp:sched_process_exec", 0);
}

static void missing_interface_is_named(void **state)
{
	(void)state;
	hook_expect_refused("xdp:nosuch0", "no interface \"nosuch0\"");
	hook_expect_refused("tcx:nosuch0/egress", "no interface \"nosuch0\"");
}

static void second_xdp_program_is_refused(void **state)
{
	struct attach attach = hook_expect_parsed("xdp:lo");
	cleanup_close int program = hook_expect_program(&attach);
	cleanup_close int link = hook_attach(&attach, program, NULL);

	(void)state;
	assert_true(link >= 0);
	hook_expect_refused("xdp:lo", "has an XDP program already");
}

static void driver_without_native_xdp_is_told(void **state)
{
	(void)state;
	hook_expect_refused("xdp:lo,native", "use xdp:lo,generic");
}

static void missing_cgroup_is_named(void **state)
{
	char text[128];

	(void)state;
	hook_expect_refused("cgroup:/no/such/cgroup/skb_egress", "no cgroup \"/no/such/cgroup\"");
	(void)snprintf(text, sizeof(text), "cgroup:%s/skb_egress", sandbox.folder);
	hook_expect_refused(text, "no cgroup of the version 2 hierarchy");
}

static void missing_tracepoint_is_named(void **state)
{
	(void)state;
	hook_expect_refused("tracepoint:sched/no_such_event",
			    "no tracepoint \"sched/no_such_event\"");
	hook_expect_refused("raw_tp:no_such_event", "no raw tracepoint \"no_such_event\"");
}

static void program_of_another_type_is_refused(void **state)
{
	struct attach attach = hook_expect_parsed("xdp:lo");
	cleanup_close int program = tiny_program(BPF_PROG_TYPE_TRACEPOINT, 0, 0);
	struct failure failure;

	(void)state;
	assert_true(hook_attach(&attach, program, &failure) < 0);
	expect_failure(&failure, OUTCOME_REFUSED, "cannot attach XDP to \"lo\"");
}

/* Another program than the one that the link has: nothing may be updated. */
static void asking_whether_a_link_can_be_updated_changes_nothing(void **state)
{
	struct attach attach = hook_expect_parsed("xdp:lo");
	cleanup_close int program = hook_expect_program(&attach),
			  other = hook_expect_program(&attach), link = -1;

	(void)state;
	link = hook_attach(&attach, program, NULL);
	assert_int_equal(hook_link_can_update(link, other), -EPERM);
	assert_int_equal(tiny_program_of_link(link), tiny_program_id(program));
}

/* Reads 8 bytes of its context there, and counts its runs in an array. */
static int reader(enum bpf_prog_type type, int offset, int runs)
{
	const struct bpf_insn code[] = {
		{.code = BPF_LDX | BPF_DW | BPF_MEM,
		 .dst_reg = BPF_REG_0,
		 .src_reg = BPF_REG_1,
		 .off = (int16_t)offset},
		{.code = BPF_LD | BPF_DW | BPF_IMM,
		 .dst_reg = BPF_REG_1,
		 .src_reg = BPF_PSEUDO_MAP_VALUE,
		 .imm = runs},
		{0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1},
		{.code = BPF_STX | BPF_DW | BPF_ATOMIC,
		 .dst_reg = BPF_REG_1,
		 .src_reg = BPF_REG_0,
		 .imm = BPF_ADD},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(type, "reader", "GPL", code, ARRAY_SIZE(code), NULL);

	assert_true(fd >= 0);
	return fd;
}

/* At an event that fires during the check: close(2), and any system call. */
static void expect_context(const char *text, int offset, const char *refusal)
{
	struct attach attach = hook_expect_parsed(text);
	cleanup_close int runs = bpf_map_create(BPF_MAP_TYPE_ARRAY, "runs", 4, 8, 1, NULL);
	cleanup_close int program = -1;
	uint64_t count = 1;
	uint32_t first = 0;
	struct hook_type type;
	struct failure failure;
	int err;

	assert_true(runs >= 0);
	assert_int_equal(hook_describe(&attach, &type, NULL), 0);
	program = reader(type.program_type, offset, runs);
	err = hook_check_context(&attach, "f", program, -1, &failure);
	if (refusal) {
		assert_true(err < 0);
		expect_failure(&failure, OUTCOME_REFUSED, refusal);
	} else if (err) {
		fail_msg("%s: %s", text, failure.text);
	}
	assert_int_equal(bpf_map_lookup_elem(runs, &first, &count), 0);
	assert_int_equal(count, 0);
}

static void context_of_a_tracepoint_is_its_record(void **state)
{
	(void)state;
	expect_context("tracepoint:syscalls/sys_enter_close", 16, NULL);
	expect_context("tracepoint:syscalls/sys_enter_close", 24,
		       "function \"f\" reads beyond the record of tracepoint "
		       "\"syscalls/sys_enter_close\", which has 24 bytes");
	expect_context("tracepoint:syscalls/nosuch", 8, "no tracepoint \"syscalls/nosuch\"");
}

static void context_of_a_raw_tracepoint_is_its_arguments(void **state)
{
	(void)state;
	expect_context("raw_tp:sys_enter", 8, NULL);
	expect_context("raw_tp:sys_enter", 16,
		       "function \"f\" reads argument 3 of raw tracepoint \"sys_enter\", which "
		       "has 2");
	expect_context("raw_tp:sys_enter", 88, "reads argument 12 of");
	expect_context("raw_tp:nosuch", 0, "no raw tracepoint \"nosuch\"");
}

static void context_without_a_reader_fits(void **state)
{
	static const char *const hooks[] = {"xdp:lo", "tracepoint:syscalls/sys_enter_close",
					    "raw_tp:sys_enter"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
		struct attach attach = hook_expect_parsed(hooks[i]);
		cleanup_close int program = hook_expect_program(&attach);

		assert_int_equal(hook_check_context(&attach, "f", program, -1, NULL), 0);
	}
}

/* To be seen at a tracepoint that is not there: what attaches nothing does not find that out. */
static void program_that_reads_no_more_than_a_known_one_is_not_tried(void **state)
{
	struct attach attach = hook_expect_parsed("raw_tp:nosuch");
	cleanup_close int runs = bpf_map_create(BPF_MAP_TYPE_ARRAY, "runs", 4, 8, 1, NULL);
	cleanup_close int known = reader(BPF_PROG_TYPE_RAW_TRACEPOINT, 8, runs);
	cleanup_close int farther = reader(BPF_PROG_TYPE_RAW_TRACEPOINT, 16, runs);

	(void)state;
	assert_int_equal(hook_check_context(&attach, "f", known, known, NULL), 0);
	assert_int_equal(hook_check_context(&attach, "f", farther, known, NULL), -ENOENT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(xdp_attaches_and_updates),
		cmocka_unit_test(tcx_attaches_and_updates),
		cmocka_unit_test(cgroup_attaches_and_updates),
		cmocka_unit_test(cgroup_of_unix_sockets_attaches_and_updates),
		cmocka_unit_test(cgroup_of_security_modules_attaches_and_updates),
		cmocka_unit_test(tracepoint_attaches_for_good),
		cmocka_unit_test(raw_tracepoint_attaches_for_good),
		cmocka_unit_test(context_of_a_tracepoint_is_its_record),
		cmocka_unit_test(context_of_a_raw_tracepoint_is_its_arguments),
		cmocka_unit_test(context_without_a_reader_fits),
		cmocka_unit_test(program_that_reads_no_more_than_a_known_one_is_not_tried),
		cmocka_unit_test(missing_interface_is_named),
		cmocka_unit_test(second_xdp_program_is_refused),
		cmocka_unit_test(driver_without_native_xdp_is_told),
		cmocka_unit_test(missing_cgroup_is_named),
		cmocka_unit_test(missing_tracepoint_is_named),
		cmocka_unit_test(program_of_another_type_is_refused),
		cmocka_unit_test(asking_whether_a_link_can_be_updated_changes_nothing),
	};

	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
