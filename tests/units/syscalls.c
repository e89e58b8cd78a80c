/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes that make the twelve calls, well and badly, and count them; some of them are to be
 * counted by syscalls too, and others not.
 */
#include "tests/unit/expect.h"

#include <bpf/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "tests/support/calls.h"
#include "tests/support/child.h"
#include "tests/support/full_map.h"
#include "tests/support/per_cpu.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/shipped.h"
#include "tests/support/sink_lines.h"
#include "tests/support/skip.h"
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

enum { COUNTED, OF_ANOTHER_NAME, OF_ANOTHER_CGROUP, EXECUTING, CALLERS };

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

/* Its thread alone has the name that counts, and its process's id once it executes. */
static void *execute_in_thread(void *data)
{
	char path[] = "/bin/true", *arguments[] = {path, NULL}, *environment[] = {NULL};

	(void)data;
	(void)prctl(PR_SET_NAME, COMMAND);
	(void)execve(path, arguments, environment);
	return NULL;
}

/* Ends well only where the thread makes another program of it. */
static int become_another_program(void *data)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, execute_in_thread, data) == 0)
		(void)pthread_join(thread, NULL);
	return -EIO;
}

static int execute(void *data)
{
	struct caller *caller = data;
	struct call_made *made = &caller->calls.made[CALL_EXECVE];
	const uint64_t before = traffic_now();
	const pid_t child = child_start(become_another_program, NULL);
	const int err = child < 0 ? child : child_wait(child);

	made->calls += !err;
	made->took_ns += traffic_now() - before;
	return err;
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
		[EXECUTING] = {.command = "twelve-other", .in_cgroup = true},
	};

	callers = traffic_share(sizeof(*callers) * CALLERS);
	for (size_t i = 0; i < number; i++) {
		callers[i] = kinds[i];
		traffic[i] = (struct traffic){.step = i == EXECUTING ? execute : call_all,
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

static uint64_t counted_in_step(enum call call, unsigned step)
{
	return counted(call, offsetof(struct call_counts, took) + step * sizeof(uint64_t));
}

static uint64_t counted_by_time(enum call call, unsigned from_step)
{
	uint64_t sum = 0;

	for (unsigned i = from_step; i < STEPS; i++)
		sum += counted_in_step(call, i);
	return sum;
}

/* Each time lies within its step of the histogram, and so does their sum. */
static void expect_histogram_of(enum call call, uint64_t took_ns)
{
	uint64_t least = 0, most = 0;

	for (unsigned i = 0; i < STEPS; i++) {
		least += counted_in_step(call, i) << i;
		most += counted_in_step(call, i) * ((2ULL << i) - 1);
	}
	assert_in_range(took_ns, least, most);
}

/* Of who counts, and of the program that becomes another one. */
static struct call_made made_of(enum call call)
{
	struct call_made made = callers[COUNTED].calls.made[call];

	if (call == CALL_EXECVE) {
		made.calls += callers[EXECUTING].calls.made[call].calls;
		made.took_ns += callers[EXECUTING].calls.made[call].took_ns;
	}
	return made;
}

static void account_call(enum call call)
{
	const struct call_made made = made_of(call);
	const uint64_t skipped = shipped_skipped(&shipped);
	const uint64_t took_ns = counted(call, offsetof(struct call_counts, took_ns));
	const uint64_t asleep = made.asleep > skipped ? made.asleep - skipped : 0;
	char what[64];

	(void)snprintf(what, sizeof(what), "calls of %s", call_names[call]);
	shipped_account(&shipped, what, made.calls,
			counted(call, offsetof(struct call_counts, calls)));
	if (made.errors) {
		(void)snprintf(what, sizeof(what), "errors of %s", call_names[call]);
		shipped_account(&shipped, what, made.errors,
				counted(call, offsetof(struct call_counts, errors)));
	}
	(void)snprintf(what, sizeof(what), "times of %s in the histogram", call_names[call]);
	shipped_account(&shipped, what, made.calls, counted_by_time(call, 0));
	assert_in_range(took_ns, asleep * CALL_ASLEEP_NSEC, made.took_ns);
	expect_histogram_of(call, took_ns);
	/* From 2^20 ns on. */
	assert_in_range(counted_by_time(call, 20), asleep, made.calls);
}

/* ---- samples ---- */

struct samples {
	pid_t pid;
	uint64_t cgroup;
	uint64_t of_call[CALLS], errors;
};

static enum call call_by_name(const char *name)
{
	enum call call = 0;

	while (call < CALLS && strcmp(call_names[call], name) != 0)
		call++;
	assert_in_range(call, 0, CALLS - 1);
	return call;
}

static int64_t number_of(const json_t *line, const char *name)
{
	return json_integer_value(json_object_get(line, name));
}

static void take_sample(const json_t *line, void *data)
{
	struct samples *samples = data;
	const enum call call = call_by_name(json_string_value(json_object_get(line, "call")));
	const struct call_made *made = &callers[COUNTED].calls.made[call];
	const int64_t result = number_of(line, "result");

	assert_string_equal(json_string_value(json_object_get(line, "command")), COMMAND);
	assert_int_equal(number_of(line, "pid"), samples->pid);
	assert_int_equal(number_of(line, "tid"), samples->pid);
	assert_int_equal(number_of(line, "cgroup"), samples->cgroup);
	assert_in_range(number_of(line, "took_ns"), 1, made->took_ns);
	if (result < 0)
		assert_int_equal(-result, made->error);
	samples->errors += result < 0;
	samples->of_call[call]++;
}

static void account_samples(pid_t pid)
{
	struct samples samples = {.pid = pid, .cgroup = shipped_cgroup_id(&sandbox)};
	uint64_t expected = 0;
	char what[64];

	for (enum call call = 0; call < CALLS; call++)
		expected += callers[COUNTED].calls.made[call].calls / SAMPLE_EVERY;
	(void)sink_wait(shipped.sink, expected);
	(void)sink_read(shipped.sink, take_sample, &samples);
	for (enum call call = 0; call < CALLS; call++) {
		(void)snprintf(what, sizeof(what), "samples of %s", call_names[call]);
		shipped_account(&shipped, what,
				callers[COUNTED].calls.made[call].calls / SAMPLE_EVERY,
				samples.of_call[call]);
	}
	assert_int_not_equal(samples.errors, 0);
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

static uint64_t sum_of_unseen(void)
{
	cleanup_close int map = shipped_map(&shipped, "unseen");
	const uint32_t zero = 0;

	return per_cpu_sum(map, &zero, sizeof(uint64_t), 0);
}

static void expect_none_counted(void)
{
	for (enum call call = 0; call < CALLS; call++)
		assert_int_equal(counted(call, offsetof(struct call_counts, calls)), 0);
}

static void load_for(pid_t pid)
{
	char target[64];

	(void)snprintf(target, sizeof(target), "target_pid=%d", pid);
	shipped_load(&shipped, &sandbox, "syscalls",
		     (struct shipped_change[]){{"target_pid=0", target},
					       {"sample_every=1000", "sample_every=10"},
					       {0}});
}

static void counts_one_process(void **state)
{
	pid_t pid;

	(void)state;
	start_callers(1);
	pid = traffic[COUNTED].pid;
	load_for(pid);
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

static void counts_what_it_has_no_room_for(void **state)
{
	cleanup_close int map = -1;
	uint64_t made = 0;

	(void)state;
	start_callers(1);
	load_for(traffic[COUNTED].pid);
	map = shipped_map(&shipped, "begun_calls");
	full_map_fill(map);
	let_callers_call(1);
	traffic_wait(&traffic[COUNTED]);
	stop_callers(1);
	for (enum call call = 0; call < CALLS; call++)
		made += callers[COUNTED].calls.made[call].calls;
	shipped_account(&shipped, "calls whose beginning had no room", made, sum_of_unseen());
	expect_none_counted();
}

#ifdef __x86_64__
/* getegid(2), whose number is futex(2)'s among the calls of the 64-bit sort. */
static long call_the_32_bit_way(void)
{
	long result = 202;

	asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
	return result;
}

/* Where a kernel has none, a signal ends it. */
static int make_32_bit_calls(void *data)
{
	struct caller *caller = data;
	int err = prepare(caller);

	(void)signal(SIGSEGV, SIG_DFL);
	for (int i = 0; !err && i < 100; i++)
		err = call_the_32_bit_way() == (long)getegid() ? 0 : -EIO;
	return err;
}

static void counts_no_calls_of_32_bit_programs(void **state)
{
	pid_t child;

	(void)state;
	callers = traffic_share(sizeof(*callers) * CALLERS);
	callers[COUNTED] = (struct caller){.command = COMMAND};
	child = child_start(make_32_bit_calls, &callers[COUNTED]);
	load_for(child);
	let_callers_call(1);
	if (child_wait(child))
		skip_without("system calls of 32-bit programs");
	expect_none_counted();
}
#endif

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
	(void)state;
	start_callers(1);
	load_for(pid_that_is_gone());
	let_callers_call(1);
	traffic_wait(&traffic[COUNTED]);
	stop_callers(1);
	expect_none_counted();
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
		cmocka_unit_test_teardown(counts_what_it_has_no_room_for, clean),
#ifdef __x86_64__
		cmocka_unit_test_teardown(counts_no_calls_of_32_bit_programs, clean),
#endif
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
