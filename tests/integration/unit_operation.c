/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations with made-up steps, on a real loop and a real waiter. */
#include "tests/unit/expect.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/unit/operation.h"

#define STEPS	  5
#define NO_STEP	  (-1)
#define STEP_USEC 1000000

/* What the steps are to do, and what they did. */
static struct {
	int fails;	      /* the step that fails */
	int flips;	      /* the step that changes what is in force */
	bool take_back_fails; /* while undoing the step that flips */
	bool waits;	      /* step 2 is continued from the loop */
	int wait_result;
	bool passes_over; /* step 2 is not for this operation */
	char trace[128];  /* "r0 r1 u1 u0 " */
	char phases[128];
	uint64_t last_usec;
	bool is_done;
	struct failure failure;
	json_t *receipt;
} play;

static pthread_t loop_thread;
static struct context context;
static struct units units;
static struct unit *unit;

static void note_step(char what, int number)
{
	size_t used = strlen(play.trace);

	(void)snprintf(play.trace + used, sizeof(play.trace) - used, "%c%d ", what, number);
}

static int run(struct operation *operation, int number)
{
	note_step('r', number);
	if (number == play.flips)
		operation->flipped = true;
	if (number == play.fails)
		return failure_set(&operation->failure, OUTCOME_REFUSED, -EIO, "step %d failed",
				   number);
	return 0;
}

static void undo(struct operation *operation, int number)
{
	note_step('u', number);
	if (number == play.flips && play.take_back_fails)
		operation->take_back_failed = true;
}

static void expect_on_loop(bool on_loop)
{
	if (!!pthread_equal(pthread_self(), loop_thread) != on_loop)
		note_step('!', 0);
}

static int continue_later(sd_event_source *source, void *data)
{
	sd_event_source_unref(source);
	operation_continue(data, play.wait_result);
	return 0;
}

static int run_loop_0(struct operation *operation)
{
	expect_on_loop(true);
	return run(operation, 0);
}

static int run_waiter_1(struct operation *operation)
{
	expect_on_loop(false);
	return run(operation, 1);
}

static int run_waiting_2(struct operation *operation)
{
	sd_event_source *source = NULL;
	int err = run(operation, 2);

	if (err || !play.waits)
		return err;
	assert_true(sd_event_add_defer(context.event, &source, continue_later, operation) >= 0);
	return OPERATION_WAITS;
}

static int run_waiter_4(struct operation *operation)
{
	expect_on_loop(false);
	return run(operation, 4);
}

static void undo_loop_0(struct operation *operation)
{
	expect_on_loop(true);
	undo(operation, 0);
}

static void undo_waiter_1(struct operation *operation)
{
	expect_on_loop(false);
	undo(operation, 1);
}

static void undo_loop_2(struct operation *operation)
{
	expect_on_loop(true);
	undo(operation, 2);
}

static void undo_waiter_3(struct operation *operation)
{
	expect_on_loop(false);
	undo(operation, 3);
}

static bool applies_2(const struct operation *operation)
{
	(void)operation;
	return !play.passes_over;
}

/* Step 3 is there for its undo alone, step 4 cannot be undone. */
static const struct operation_step steps[STEPS] = {
	{"first", run_loop_0, undo_loop_0, .applies = NULL},
	{"first", run_waiter_1, undo_waiter_1, .on_waiter = true},
	{"second", run_waiting_2, undo_loop_2, .applies = applies_2},
	{"second", NULL, undo_waiter_3, .on_waiter = true},
	{"third", run_waiter_4, NULL, .on_waiter = true},
};

static const struct operation_kind kind = {.name = "play", .steps = steps, .step_count = STEPS};

static void phase_began(void *data, const char *name, const char *phase, uint64_t usec)
{
	size_t used = strlen(play.phases);

	(void)data;
	expect_on_loop(true);
	assert_string_equal(name, "fw");
	assert_true(usec >= play.last_usec);
	play.last_usec = usec;
	(void)snprintf(play.phases + used, sizeof(play.phases) - used, "%s ", phase);
}

static void operation_done(void *data, json_t *receipt, const struct failure *failure)
{
	(void)data;
	expect_on_loop(true);
	assert_false(play.is_done);
	play.is_done = true;
	play.receipt = receipt ? json_incref(receipt) : NULL;
	play.failure = *failure;
}

static int set_up(void **state)
{
	(void)state;
	loop_thread = pthread_self();
	memset(&play, 0, sizeof(play));
	play.fails = play.flips = NO_STEP;
	context = (struct context){.root = "/nowhere", .barrier = BARRIER_INIT, .root_fd = -1};
	units = (struct units){.context = &context};
	if (sd_event_new(&context.event) < 0 || waiter_new(context.event, &context.waiter) < 0)
		return -1;
	unit = units_add(&units, "fw");
	/* A unit that has its selector stays when an operation ends. */
	return unit ? mapped_create("selector", sizeof(struct ebpfd_selector), &unit->selector)
		    : -1;
}

static int tear_down(void **state)
{
	(void)state;
	waiter_free(context.waiter);
	units_clear(&units);
	json_decref(play.receipt);
	sd_event_unref(context.event);
	return 0;
}

static struct operation *new_operation(int log_fd)
{
	const struct operation_request request = {
		.unit = "fw",
		.object_fd = -1,
		.file_fd = -1,
		.log_fd = log_fd,
		.client = {.phase = phase_began, .done = operation_done},
	};
	struct operation *operation = operation_new(&request);

	assert_non_null(operation);
	return operation;
}

static void play_to_end(void)
{
	operation_start(unit, &kind, new_operation(-1));
	while (!play.is_done)
		if (sd_event_run(context.event, 10 * STEP_USEC) <= 0)
			fail_msg("stuck after %s", play.trace);
}

static void expect_outcome(enum outcome outcome)
{
	json_t *error = json_object_get(unit->last, "error");

	assert_null(play.receipt);
	assert_int_equal(play.failure.outcome, outcome);
	assert_string_equal(json_string_value(json_object_get(error, "outcome")),
			    outcome_name(outcome));
	assert_string_equal(json_string_value(json_object_get(error, "message")),
			    play.failure.text);
	assert_null(unit->operation);
}

static void steps_run_in_order_each_on_its_thread(void **state)
{
	(void)state;
	play_to_end();
	assert_string_equal(play.trace, "r0 r1 r2 r4 ");
	assert_string_equal(play.phases, "first second third ");
	assert_string_equal(json_string_value(json_object_get(play.receipt, "operation")), "play");
	assert_ptr_equal(unit->last, play.receipt);
	assert_null(unit->operation);
}

static void step_that_fails_is_undone_too_and_those_before_it_in_reverse(void **state)
{
	static const char *const traces[STEPS] = {
		"r0 u0 ",
		"r0 r1 u1 u0 ",
		"r0 r1 r2 u2 u1 u0 ",
		NULL, /* nothing to fail */
		"r0 r1 r2 r4 u3 u2 u1 u0 ",
	};

	for (int i = 0; i < STEPS; i++) {
		if (!traces[i])
			continue;
		tear_down(state);
		assert_int_equal(set_up(state), 0);
		play.fails = i;
		play_to_end();
		assert_string_equal(play.trace, traces[i]);
		expect_text_has(play.phases, "undo ");
	}
}

static void failure_before_the_flip_is_a_refusal(void **state)
{
	(void)state;
	play.fails = 1;
	play.flips = 2;
	play_to_end();
	expect_outcome(OUTCOME_REFUSED);
	assert_string_equal(play.failure.text, "step 1 failed");
}

static void failure_after_the_flip_is_taken_back(void **state)
{
	(void)state;
	play.fails = 4;
	play.flips = 2;
	play_to_end();
	expect_outcome(OUTCOME_TAKEN_BACK);
	assert_string_equal(play.failure.text, "step 4 failed");
}

static void failed_taking_back_is_told(void **state)
{
	(void)state;
	play.fails = 4;
	play.flips = 2;
	play.take_back_fails = true;
	play_to_end();
	expect_outcome(OUTCOME_TAKE_BACK_FAILED);
	/* The rest is undone all the same. */
	assert_string_equal(play.trace, "r0 r1 r2 r4 u3 u2 u1 u0 ");
}

static void step_that_waits_is_continued(void **state)
{
	(void)state;
	play.waits = true;
	play_to_end();
	assert_string_equal(play.trace, "r0 r1 r2 r4 ");
	assert_non_null(play.receipt);
}

static void step_that_waits_may_fail_in_the_end(void **state)
{
	(void)state;
	play.waits = true;
	play.wait_result = -EPIPE;
	play_to_end();
	assert_string_equal(play.trace, "r0 r1 r2 u2 u1 u0 ");
	expect_outcome(OUTCOME_REFUSED);
}

static void step_that_does_not_apply_is_neither_run_nor_undone_nor_shown(void **state)
{
	(void)state;
	play.passes_over = true;
	play.fails = 4;
	play_to_end();
	assert_string_equal(play.trace, "r0 r1 r4 u3 u1 u0 ");
	assert_string_equal(play.phases, "first third undo ");
}

static void second_operation_is_refused_with_the_first_ones_name(void **state)
{
	struct failure failure;

	(void)state;
	operation_start(unit, &kind, new_operation(-1));
	assert_int_equal(operation_refuse_busy(unit, &failure), -EBUSY);
	expect_failure(&failure, OUTCOME_BUSY, "a play is under way");
	expect_text_has(failure.text, "phase first");
	while (!play.is_done)
		assert_true(sd_event_run(context.event, 10 * STEP_USEC) > 0);
}

static void unit_that_never_came_to_be_leaves_the_set(void **state)
{
	(void)state;
	mapped_deinit(&unit->selector);
	play.fails = 0;
	play_to_end();
	assert_int_equal(units_count(&units), 0);
	assert_int_equal(play.failure.outcome, OUTCOME_REFUSED);
}

static void unit_that_is_gone_leaves_the_set(void **state)
{
	(void)state;
	unit->gone = true;
	play_to_end();
	assert_int_equal(units_count(&units), 0);
	assert_non_null(play.receipt);
}

static void stopping_drops_operations_where_they_are(void **state)
{
	(void)state;
	operation_start(unit, &kind, new_operation(-1));
	context.waiter = waiter_free(context.waiter);
	operations_abandon(&units);
	assert_true(play.is_done);
	assert_null(play.receipt);
	expect_failure(&play.failure, OUTCOME_FAILED, "stops in the middle of the play");
	assert_null(strchr(play.trace, 'u'));
	assert_null(unit->operation);
	assert_true(units.stopping);
}

static void descriptors_of_a_request_are_closed(void **state)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	operation_free(new_operation(fd));
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	operation_free(NULL);
}

/* clang-format off */
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
/* clang-format on */

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(steps_run_in_order_each_on_its_thread),
		CASE(step_that_fails_is_undone_too_and_those_before_it_in_reverse),
		CASE(failure_before_the_flip_is_a_refusal),
		CASE(failure_after_the_flip_is_taken_back),
		CASE(failed_taking_back_is_told),
		CASE(step_that_waits_is_continued),
		CASE(step_that_waits_may_fail_in_the_end),
		CASE(step_that_does_not_apply_is_neither_run_nor_undone_nor_shown),
		CASE(second_operation_is_refused_with_the_first_ones_name),
		CASE(unit_that_never_came_to_be_leaves_the_set),
		CASE(unit_that_is_gone_leaves_the_set),
		CASE(stopping_drops_operations_where_they_are),
		CASE(descriptors_of_a_request_are_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
