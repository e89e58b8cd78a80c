/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes that make the twelve calls, well and badly, and count them; some of them are to be
 * counted by syscalls too, and others not.
 */
#include "tests/unit/expect.h"

#include <bpf/bpf.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "tests/support/calls.h"
#include "tests/support/child.h"
#include "tests/support/per_cpu.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/shipped.h"
#include "tests/support/sink_lines.h"
#include "tests/support/traffic.h"

#define SAMPLE_EVERY 10
#define COMMAND	     "twelve-calls"

/* What the unit's maps hold. */
#define STEPS 40

struct call_counts {
	uint64_t calls, errors, took_ns, took[STEPS];
};

/* A process of the test: who it is, and what it made. In memory that is shared with it. */
struct caller {
	const char *command;
	bool in_cgroup;
	bool may_begin;
	struct calls calls;
};

enum { COUNTED, OF_ANOTHER_NAME, OF_ANOTHER_CGROUP, CALLERS };

static struct shipped shipped;
static struct traffic traffic[CALLERS];
static struct caller *callers;

/* ---- who calls ---- */

/* On one CPU, so that each so many calls there are each so many calls. */
static int stay_on_this_cpu(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	return sched_setaffinity(0, sizeof(one), &one) < 0 ? -errno : 0;
}

/* Everything that would be counted lies before the unit is loaded. */
static int prepare(void *data)
{
	struct caller *caller = data;
	int err = caller->in_cgroup ? sandbox_join_cgroup(&sandbox) : 0;

	(void)prctl(PR_SET_NAME, caller->command);
	if (!err)
		err = stay_on_this_cpu();
	if (!err)
		err = calls_prepare(&caller->calls);
	while (!__atomic_load_n(&caller->may_begin, __ATOMIC_SEQ_CST))
		usleep(1000);
	return err;
}

static int call_all(void *data)
{
	struct caller *caller = data;

	return calls_make(&caller->calls);
}

static int wait_for_ever(void *data)
{
	const struct caller *caller = data;
	struct epoll_event event;

	return epoll_wait(caller->calls.epoll, &event, 1, -1);
}

static void start_callers(size_t number)
{
	static const struct caller kinds[CALLERS] = {
		[COUNTED] = {.command = COMMAND, .in_cgroup = true},
		[OF_ANOTHER_NAME] = {.command = "twelve-other", .in_cgroup = true},
		[OF_ANOTHER_CGROUP] = {.command = COMMAND},
	};

	callers = traffic_share(sizeof(*callers) * CALLERS);
	for (size_t i = 0; i < number; i++) {
		callers[i] = kinds[i];
		traffic[i] = (struct traffic){.step = call_all,
					      .prepare = prepare,
					      .data = &callers[i],
					      .pause_usec = 10000};
		traffic_begin(&traffic[i], 0);
	}
}

static void let_callers_call(size_t number)
{
	for (size_t i = 0; i < number; i++)
		__atomic_store_n(&callers[i].may_begin, true, __ATOMIC_SEQ_CST);
}

static void stop_callers(size_t number)
{
	for (size_t i = 0; i < number; i++)
		(void)traffic_end(&traffic[i], true);
}

/* ---- what was counted ---- */

static uint64_t counted(enum call call, size_t offset)
{
	cleanup_close int map = shipped_map(&shipped, "calls");
	uint32_t key = call;

	return per_cpu_sum(map, &key, sizeof(struct call_counts), offset);
}

static uint64_t counted_by_time(enum call call, unsigned from_step)
{
	uint64_t sum = 0;

	for (unsigned i = from_step; i < STEPS; i++)
		sum += counted(call, offsetof(struct call_counts, took) + i * sizeof(uint64_t));
	return sum;
}

static void account_call(enum call call)
{
	const struct call_made *made = &callers[COUNTED].calls.made[call];
	const uint64_t skipped = shipped_skipped(&shipped);
	uint64_t asleep;
	char what[64];

	(void)snprintf(what, sizeof(what), "calls of %s", call_names[call]);
	shipped_account(&shipped, what, made->calls,
			counted(call, offsetof(struct call_counts, calls)));
	if (made->errors) {
		(void)snprintf(what, sizeof(what), "errors of %s", call_names[call]);
		shipped_account(&shipped, what, made->errors,
				counted(call, offsetof(struct call_counts, errors)));
	}
	(void)snprintf(what, sizeof(what), "times of %s in the histogram", call_names[call]);
	shipped_account(&shipped, what, made->calls, counted_by_time(call, 0));
	asleep = made->asleep > skipped ? made->asleep - skipped : 0;
	assert_in_range(counted(call, offsetof(struct call_counts, took_ns)),
			asleep * CALL_ASLEEP_NSEC, made->took_ns);
	/* From 2^20 ns on. */
	assert_in_range(counted_by_time(call, 20), asleep, made->calls);
}

static void take_sample(const json_t *line, void *data)
{
	assert_string_equal(json_string_value(json_object_get(line, "command")), COMMAND);
	assert_int_equal(json_integer_value(json_object_get(line, "pid")), *(const pid_t *)data);
	assert_non_null(json_string_value(json_object_get(line, "call")));
}

static void account_samples(pid_t pid)
{
	uint64_t expected = 0;

	for (enum call call = 0; call < CALLS; call++)
		expected += callers[COUNTED].calls.made[call].calls / SAMPLE_EVERY;
	(void)sink_wait(shipped.sink, expected);
	shipped_account(&shipped, "samples", expected, sink_read(shipped.sink, take_sample, &pid));
}

/* Ends in the middle of a call. */
static void end_a_caller(void)
{
	struct traffic caller = {
		.step = wait_for_ever, .prepare = prepare, .data = &callers[COUNTED]};

	traffic_begin(&caller, 1);
	usleep(200000);
	traffic_clean(&caller);
}

static void expect_nothing_begun(void)
{
	cleanup_close int map = shipped_map(&shipped, "begun_calls");
	uint64_t task;

	end_a_caller();
	assert_int_equal(bpf_map_get_next_key(map, NULL, &task), -ENOENT);
}

/* ---- tests ---- */

static void counts_one_process(void **state)
{
	char target[64];
	pid_t pid;

	(void)state;
	start_callers(1);
	pid = traffic[COUNTED].pid;
	(void)snprintf(target, sizeof(target), "target_pid=%d", pid);
	shipped_load(&shipped, &sandbox, "syscalls",
		     (struct shipped_change[]){{"target_pid=0", target},
					       {"sample_every=1000", "sample_every=10"},
					       {0}});
	let_callers_call(1);
	shipped_reload(&shipped, &traffic[COUNTED]);
	stop_callers(1);
	for (enum call call = 0; call < CALLS; call++)
		account_call(call);
	account_samples(pid);
}

static void counts_by_cgroup_and_command(void **state)
{
	(void)state;
	start_callers(CALLERS);
	shipped_load(&shipped, &sandbox, "syscalls",
		     (struct shipped_change[]){{"target_cgroup=0", shipped_target_cgroup(&sandbox)},
					       {"target_command=", "target_command=" COMMAND},
					       {"sample_every=1000", "sample_every=0"},
					       {0}});
	let_callers_call(CALLERS);
	shipped_reload(&shipped, &traffic[COUNTED]);
	stop_callers(CALLERS);
	for (enum call call = 0; call < CALLS; call++)
		account_call(call);
	expect_nothing_begun();
}

static int do_nothing(void *data)
{
	(void)data;
	return 0;
}

static pid_t pid_that_is_gone(void)
{
	const pid_t child = child_start(do_nothing, NULL);

	assert_int_equal(child_wait(child), 0);
	return child;
}

static void counts_nothing_of_a_process_that_is_gone(void **state)
{
	char target[64];

	(void)state;
	start_callers(1);
	(void)snprintf(target, sizeof(target), "target_pid=%d", pid_that_is_gone());
	shipped_load(&shipped, &sandbox, "syscalls",
		     (struct shipped_change[]){{"target_pid=0", target}, {0}});
	let_callers_call(1);
	traffic_wait(&traffic[COUNTED]);
	stop_callers(1);
	for (enum call call = 0; call < CALLS; call++)
		assert_int_equal(counted(call, offsetof(struct call_counts, calls)), 0);
}

static int clean(void **state)
{
	(void)state;
	for (size_t i = 0; i < CALLERS; i++)
		traffic_clean(&traffic[i]);
	traffic_unshare(callers, sizeof(*callers) * CALLERS);
	callers = NULL;
	shipped_end(&shipped);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(counts_one_process, clean),
		cmocka_unit_test_teardown(counts_by_cgroup_and_command, clean),
		cmocka_unit_test_teardown(counts_nothing_of_a_process_that_is_gone, clean),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
