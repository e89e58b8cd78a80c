/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The waiter: work on its thread, in order, results on the loop. */
#include "tests/unit/expect.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/kernel/waiter.h"
#include "lib/cleanup.h"

#define JOBS	  5000
#define STEP_USEC 1000000

struct fixture {
	sd_event *event;
	struct waiter *waiter;
};

struct job {
	struct fixture *fixture;
	int number;
	int result; /* -1: not called yet */
	pthread_t worker;
	bool signal_blocked;
	int blocks_on; /* a pipe that the work reads from, or -1 */
	int begun;     /* a pipe that it writes to first, or -1 */
};

/* On the loop: results in the order in which they came. */
static int results[JOBS];
static size_t result_count;
static pthread_t loop_thread;

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	result_count = 0;
	loop_thread = pthread_self();
	*state = fixture;
	if (!fixture || sd_event_new(&fixture->event) < 0)
		return -1;
	return waiter_new(fixture->event, &fixture->waiter);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	waiter_free(fixture->waiter);
	sd_event_unref(fixture->event);
	free(fixture);
	return 0;
}

static int work(void *data)
{
	struct job *job = data;
	char byte;

	job->worker = pthread_self();
	if (job->begun >= 0)
		(void)!write(job->begun, "", 1);
	if (job->blocks_on >= 0)
		(void)!read(job->blocks_on, &byte, 1);
	return job->number;
}

static void done(void *data, int result)
{
	struct job *job = data;

	assert_true(pthread_equal(pthread_self(), loop_thread));
	assert_int_equal(job->result, -1);
	job->result = result;
	results[result_count++] = result;
}

static struct job job_of(struct fixture *fixture, int number)
{
	return (struct job){
		.fixture = fixture, .number = number, .result = -1, .blocks_on = -1, .begun = -1};
}

/* Runs the loop until so many results have come. */
static void run_until(struct fixture *fixture, size_t count)
{
	while (result_count < count)
		if (sd_event_run(fixture->event, 10 * STEP_USEC) <= 0)
			fail_msg("%zu of %zu results", result_count, count);
}

static void result_comes_back_on_the_loop(void **state)
{
	struct fixture *fixture = *state;
	struct job job = job_of(fixture, -EIO);

	assert_int_equal(waiter_submit(fixture->waiter, work, done, &job), 0);
	assert_int_equal(result_count, 0);
	run_until(fixture, 1);
	assert_int_equal(job.result, -EIO);
	assert_false(pthread_equal(job.worker, loop_thread));
}

static void jobs_end_in_the_order_of_submission(void **state)
{
	struct fixture *fixture = *state;
	cleanup_free struct job *jobs = calloc(JOBS, sizeof(*jobs));

	for (int i = 0; i < JOBS; i++) {
		jobs[i] = job_of(fixture, i);
		assert_int_equal(waiter_submit(fixture->waiter, work, done, &jobs[i]), 0);
	}
	run_until(fixture, JOBS);
	for (int i = 0; i < JOBS; i++) {
		assert_int_equal(results[i], i);
		assert_true(pthread_equal(jobs[i].worker, jobs[0].worker));
	}
}

static void loop_goes_on_while_work_waits(void **state)
{
	struct fixture *fixture = *state;
	struct job job = job_of(fixture, 1);
	int gate[2];

	assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
	job.blocks_on = gate[0];
	assert_int_equal(waiter_submit(fixture->waiter, work, done, &job), 0);
	assert_int_equal(sd_event_run(fixture->event, STEP_USEC / 20), 0);
	assert_int_equal(result_count, 0);
	close(gate[1]);
	run_until(fixture, 1);
	close(gate[0]);
}

static void submit_next(void *data, int result)
{
	struct job *job = data;

	results[result_count++] = result;
	if (++job->number < 100)
		assert_int_equal(waiter_submit(job->fixture->waiter, work, submit_next, job), 0);
}

static void result_may_submit_the_next_job(void **state)
{
	struct job job = job_of(*state, 0);

	assert_int_equal(waiter_submit(job.fixture->waiter, work, submit_next, &job), 0);
	run_until(job.fixture, 100);
	for (int i = 0; i < 100; i++)
		assert_int_equal(results[i], i);
}

static int look_at_signals(void *data)
{
	struct job *job = data;
	sigset_t blocked;

	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	job->signal_blocked = sigismember(&blocked, SIGTERM) && sigismember(&blocked, SIGCHLD);
	return 0;
}

static void signals_are_for_the_loop(void **state)
{
	struct fixture *fixture = *state;
	struct job job = job_of(fixture, 0);
	sigset_t blocked;

	waiter_submit(fixture->waiter, look_at_signals, done, &job);
	run_until(fixture, 1);
	assert_true(job.signal_blocked);
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	assert_false(sigismember(&blocked, SIGTERM));
}

struct opener {
	pthread_t thread;
	int gate;
};

static void *open_later(void *data)
{
	struct opener *opener = data;

	usleep(50 * 1000);
	close(opener->gate);
	return NULL;
}

/* What has begun is waited for, what has not is dropped, nobody is called back. */
static void freeing_lets_begun_work_end_and_drops_the_rest(void **state)
{
	struct fixture *fixture = *state;
	struct job first = job_of(fixture, 1), rest[3];
	struct opener opener;
	int gate[2], begun[2];
	char byte;

	assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
	assert_int_equal(pipe2(begun, O_CLOEXEC), 0);
	first.blocks_on = gate[0];
	first.begun = begun[1];
	waiter_submit(fixture->waiter, work, done, &first);
	for (size_t i = 0; i < ARRAY_SIZE(rest); i++) {
		rest[i] = job_of(fixture, 2);
		rest[i].begun = begun[1];
		waiter_submit(fixture->waiter, work, done, &rest[i]);
	}
	assert_int_equal(read(begun[0], &byte, 1), 1);
	opener.gate = gate[1];
	pthread_create(&opener.thread, NULL, open_later, &opener);
	fixture->waiter = waiter_free(fixture->waiter);
	pthread_join(opener.thread, NULL);
	assert_null(fixture->waiter);
	close(begun[1]);
	/* No other job has begun. */
	assert_int_equal(read(begun[0], &byte, 1), 0);
	assert_int_equal(sd_event_run(fixture->event, 0), 0);
	assert_int_equal(result_count, 0);
	close(begun[0]);
	close(gate[0]);
}

static void results_that_nobody_fetched_are_dropped(void **state)
{
	struct fixture *fixture = *state;
	struct job jobs[50];

	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = job_of(fixture, 0);
		waiter_submit(fixture->waiter, work, done, &jobs[i]);
	}
	usleep(10 * 1000);
	fixture->waiter = waiter_free(fixture->waiter);
	assert_int_equal(result_count, 0);
	assert_null(waiter_free(NULL));
}

/* clang-format off */
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
/* clang-format on */

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(result_comes_back_on_the_loop),
		CASE(jobs_end_in_the_order_of_submission),
		CASE(loop_goes_on_while_work_waits),
		CASE(result_may_submit_the_next_job),
		CASE(signals_are_for_the_loop),
		CASE(freeing_lets_begun_work_end_and_drops_the_rest),
		CASE(results_that_nobody_fetched_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
