/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filters of traffic control are found again, told from others' and removed, by their anchors. */
#include "tests/unit/expect.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include "daemon/kernel/tc_filter.h"
#include "lib/cleanup.h"
#include "tests/support/command.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/skip.h"
#include "tests/support/tiny_program.h"

#define INTERFACE "filter0"

#define AT_BOTH (BPF_TC_INGRESS | BPF_TC_EGRESS)

static struct anchor anchor;
static int program = -1;

/* ---- an interface of each test's own, and a filter there ---- */

static int make_interface(void **state)
{
	(void)state;
	return sandbox.has_veth ? command_run("ip", "link", "add", INTERFACE, "type", "veth", NULL)
				: 0;
}

static int remove_interface(void **state)
{
	(void)state;
	close_and_forget(&program);
	if (if_nametoindex(INTERFACE))
		(void)command_run("ip", "link", "del", INTERFACE, NULL);
	return 0;
}

static int another_program(void)
{
	int fd = tiny_program(BPF_PROG_TYPE_SCHED_CLS, 0, 0);

	assert_true(fd >= 0);
	return fd;
}

static void begin(bool egress)
{
	skip_unless(FEATURE_TC_FILTER);
	if (!sandbox.has_veth)
		skip_without("veth");
	program = another_program();
	anchor = (struct anchor){.kind = ANCHOR_FILTER,
				 .interface = if_nametoindex(INTERFACE),
				 .program = tiny_program_id(program),
				 .egress = egress};
}

static void attach(bool egress)
{
	struct failure failure;

	begin(egress);
	if (tc_filter_attach(&anchor, program, &failure) < 0)
		fail_msg("%s", failure.text);
}

static struct bpf_tc_hook place_of(enum bpf_tc_attach_point point)
{
	return (struct bpf_tc_hook){.sz = sizeof(struct bpf_tc_hook),
				    .ifindex = (int)anchor.interface,
				    .attach_point = point};
}

/* The filter that is there gets another program, as another hand would give it one. */
static void replace(int other)
{
	const struct bpf_tc_hook place = place_of(BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, filter, .handle = anchor.program, .priority = TC_FILTER_PRIORITY,
		    .prog_fd = other, .flags = BPF_TC_F_REPLACE);

	assert_int_equal(bpf_tc_attach(&place, &filter), 0);
}

static void remove_qdisc(void)
{
	struct bpf_tc_hook place = place_of((enum bpf_tc_attach_point)AT_BOTH);

	assert_int_equal(bpf_tc_hook_destroy(&place), 0);
}

static void expect_runs(uint32_t id)
{
	uint32_t found = 0;

	assert_int_equal(tc_filter_find(&anchor, &found), 0);
	assert_int_equal(found, id);
}

static void expect_gone(void)
{
	uint32_t found;

	assert_int_equal(tc_filter_find(&anchor, &found), -ENOENT);
}

/* libbpf makes clsact, and knows nothing of the qdisc that was there before it. */
static void make_qdisc_ingress(void)
{
	struct {
		struct nlmsghdr header;
		struct tcmsg qdisc;
		struct rtattr kind;
		char name[sizeof("ingress")];
	} request = {.header = {.nlmsg_len = sizeof(request),
				.nlmsg_type = RTM_NEWQDISC,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE},
		     .qdisc = {.tcm_family = AF_UNSPEC,
			       .tcm_ifindex = (int)anchor.interface,
			       .tcm_handle = TC_H_MAKE(TC_H_INGRESS, 0),
			       .tcm_parent = TC_H_INGRESS},
		     .kind = {.rta_len = RTA_LENGTH(sizeof(request.name)), .rta_type = TCA_KIND},
		     .name = "ingress"};
	cleanup_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} answer;

	assert_true(fd >= 0);
	assert_int_equal(send(fd, &request, sizeof(request), 0), sizeof(request));
	assert_true(recv(fd, &answer, sizeof(answer), MSG_TRUNC) >= (ssize_t)sizeof(answer));
	assert_int_equal(answer.header.nlmsg_type, NLMSG_ERROR);
	assert_int_equal(answer.error.error, 0);
}

/* ---- tests ---- */

static void filter_is_found_and_removed(void **state)
{
	(void)state;
	for (int egress = 0; egress < 2; egress++) {
		attach(egress);
		expect_runs(anchor.program);
		tc_filter_detach(&anchor);
		expect_gone();
		close_and_forget(&program);
	}
}

static void nothing_is_found_where_there_is_no_qdisc(void **state)
{
	(void)state;
	begin(false);
	expect_gone();
	tc_filter_detach(&anchor);
}

static void attached_twice_it_is_there_once(void **state)
{
	(void)state;
	attach(false);
	assert_int_equal(tc_filter_attach(&anchor, program, NULL), 0);
	expect_runs(anchor.program);
	tc_filter_detach(&anchor);
	expect_gone();
}

static void filters_of_two_programs_are_beside_each_other(void **state)
{
	cleanup_close int other = -1;
	struct anchor second;
	uint32_t found = 0;

	(void)state;
	attach(false);
	other = another_program();
	second = anchor;
	second.program = tiny_program_id(other);
	assert_int_equal(tc_filter_attach(&second, other, NULL), 0);
	tc_filter_detach(&anchor);
	expect_gone();
	assert_int_equal(tc_filter_find(&second, &found), 0);
	assert_int_equal(found, second.program);
}

static void program_of_another_hand_is_left_alone(void **state)
{
	cleanup_close int other = -1;
	struct failure failure;

	(void)state;
	attach(false);
	other = another_program();
	replace(other);
	expect_runs(tiny_program_id(other));
	assert_true(tc_filter_attach(&anchor, program, &failure) < 0);
	tc_filter_detach(&anchor);
	expect_runs(tiny_program_id(other));
}

static void program_is_taken_back_from_the_one_that_was_seen(void **state)
{
	cleanup_close int other = -1, third = -1;

	(void)state;
	attach(false);
	other = another_program();
	third = another_program();
	replace(third);
	assert_int_equal(tc_filter_take_back(&anchor, program, tiny_program_id(other)), -EPERM);
	expect_runs(tiny_program_id(third));
	assert_int_equal(tc_filter_take_back(&anchor, program, tiny_program_id(third)), 0);
	expect_runs(anchor.program);
}

static void qdisc_that_goes_takes_the_filter_along(void **state)
{
	(void)state;
	attach(true);
	remove_qdisc();
	expect_gone();
	assert_int_equal(tc_filter_attach(&anchor, program, NULL), 0);
	expect_runs(anchor.program);
}

static void interface_that_goes_takes_the_filter_along(void **state)
{
	(void)state;
	attach(true);
	assert_int_equal(command_run("ip", "link", "del", INTERFACE, NULL), 0);
	expect_gone();
}

/* It would take the filter for one of ingress. */
static void egress_of_the_qdisc_ingress_is_refused(void **state)
{
	struct failure failure;
	struct anchor at_ingress;
	uint32_t found;

	(void)state;
	begin(true);
	make_qdisc_ingress();
	assert_true(tc_filter_attach(&anchor, program, &failure) < 0);
	expect_failure(&failure, OUTCOME_REFUSED, "has the qdisc ingress, which has no egress");
	at_ingress = anchor;
	at_ingress.egress = 0;
	assert_int_equal(tc_filter_find(&at_ingress, &found), -ENOENT);
	assert_int_equal(tc_filter_attach(&at_ingress, program, NULL), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_interface, remove_interface)
	static const struct CMUnitTest tests[] = {
		TEST(filter_is_found_and_removed),
		TEST(nothing_is_found_where_there_is_no_qdisc),
		TEST(attached_twice_it_is_there_once),
		TEST(filters_of_two_programs_are_beside_each_other),
		TEST(program_of_another_hand_is_left_alone),
		TEST(program_is_taken_back_from_the_one_that_was_seen),
		TEST(qdisc_that_goes_takes_the_filter_along),
		TEST(interface_that_goes_takes_the_filter_along),
		TEST(egress_of_the_qdisc_ingress_is_refused),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
