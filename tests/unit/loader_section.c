/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ELF section names as places to attach. */
#include "tests/unit/expect.h"

#include <stdio.h>

#include "daemon/loader/section.h"

static void expect_place(const char *section, const char *expected)
{
	char text[ATTACH_TARGET_MAX + ATTACH_DETAIL_MAX];
	struct failure failure;
	struct attach attach;

	if (section_to_attach(section, &attach, &failure) < 0)
		fail_msg("%s: %s", section, failure.text);
	assert_int_equal(attach_format(&attach, text, sizeof(text)), 0);
	assert_string_equal(text, expected);
}

static void expect_none(const char *section)
{
	struct failure failure;
	struct attach attach;

	assert_true(section_to_attach(section, &attach, &failure) < 0);
	expect_failure(&failure, OUTCOME_REFUSED, section);
	expect_text_has(failure.text, "give Attach=");
}

static void tracepoints_are_places(void **state)
{
	(void)state;
	expect_place("tp/sched/sched_process_exec", "tracepoint:sched/sched_process_exec");
	expect_place("tracepoint/syscalls/sys_enter_openat",
		     "tracepoint:syscalls/sys_enter_openat");
}

static void raw_tracepoints_are_places(void **state)
{
	(void)state;
	expect_place("raw_tp/sys_enter", "raw_tp:sys_enter");
	expect_place("raw_tracepoint/inet_sock_set_state", "raw_tp:inet_sock_set_state");
}

static void functions_are_places(void **state)
{
	(void)state;
	expect_place("kprobe/do_exit+0x10", "kprobe:do_exit+0x10");
	expect_place("kretprobe/do_exit", "kretprobe:do_exit");
	expect_place("uprobe//bin/sh:main", "uprobe:/bin/sh:main");
	expect_place("uretprobe//bin/sh:main", "uretprobe:/bin/sh:main");
	expect_place("fentry/do_exit", "fentry:do_exit");
	expect_place("fexit/do_exit", "fexit:do_exit");
	expect_place("lsm/file_open", "lsm:file_open");
}

/* They say what a program is, not at which interface or cgroup. */
static void other_sections_ask_for_attach(void **state)
{
	(void)state;
	expect_none("xdp");
	expect_none("tc");
	expect_none("cgroup/connect4");
	expect_none("cgroup_skb/egress");
	expect_none("raw_tp");
	expect_none("kprobe");
	expect_none("perf_event");
	expect_none("tp");
	expect_none("xdp/tp/sched/sched_process_exec");
	expect_none("");
}

static void place_that_is_too_long_is_refused(void **state)
{
	char section[ATTACH_TARGET_MAX + 16];
	struct failure failure;
	struct attach attach;
	int used = snprintf(section, sizeof(section), "raw_tp/");

	(void)state;
	memset(section + used, 'x', sizeof(section) - (size_t)used - 1);
	section[sizeof(section) - 1] = '\0';
	assert_true(section_to_attach(section, &attach, &failure) < 0);
	assert_int_equal(failure.outcome, OUTCOME_REFUSED);
}

/* The prefix promises a place, the rest does not keep it. */
static void half_a_tracepoint_is_refused(void **state)
{
	struct failure failure;
	struct attach attach;

	(void)state;
	assert_true(section_to_attach("tp/sched", &attach, &failure) < 0);
	expect_failure(&failure, OUTCOME_REFUSED, "tracepoint:CATEGORY/NAME");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(tracepoints_are_places),
		cmocka_unit_test(raw_tracepoints_are_places),
		cmocka_unit_test(functions_are_places),
		cmocka_unit_test(other_sections_ask_for_attach),
		cmocka_unit_test(place_that_is_too_long_is_refused),
		cmocka_unit_test(half_a_tracepoint_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
