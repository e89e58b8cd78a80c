/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fsck and gc beside operations: neither mistakes what the other makes or removes. */
#include "tests/unit/expect.h"

#include <errno.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/unit/inspect.h"
#include "daemon/unit/operation.h"
#include "lib/cleanup.h"
#include "tests/support/sample_unit.h"
#include "tests/support/sandbox.h"

static struct sandbox sandbox = SANDBOX_INIT;
static struct sample_unit sample;
static struct context context;
static struct units units;
static struct unit *unit;
static char root[PIN_PATH_MAX];

static json_t *report;
static struct failure failure;
static bool ended;

static int set_up(void **state)
{
	(void)state;
	if (sandbox_enter(&sandbox) < 0)
		return -1;
	pin_path(root, sandbox.bpffs, "root");
	context = (struct context){.root = root, .barrier = BARRIER_INIT, .root_fd = -1};
	if (bpffs_make_directory(root) < 0 || sd_event_new(&context.event) < 0)
		return -1;
	return waiter_new(context.event, &context.waiter);
}

static int tear_down(void **state)
{
	(void)state;
	context.waiter = waiter_free(context.waiter);
	sd_event_unref(context.event);
	sandbox_leave(&sandbox);
	return 0;
}

/* Generation 2 is in force, 1 the former one, 3 in no bank. */
static int make_unit(void **state)
{
	(void)state;
	units = (struct units){.context = &context};
	sample_unit_make(&sample, root, "fw", WAY_LINK);
	sample_unit_put_in_force(&sample, 2, 1);
	sample_unit_add_generation(&sample, 3);
	unit = units_add(&units, "fw");
	assert_non_null(unit);
	ended = false;
	return 0;
}

static int remove_unit(void **state)
{
	(void)state;
	json_decref(report);
	report = NULL;
	units_clear(&units);
	sample_unit_remove(&sample);
	return 0;
}

static void take_report(void *data, json_t *answer, const struct failure *why)
{
	(void)data;
	json_decref(report);
	report = answer ? json_incref(answer) : NULL;
	failure = *why;
	ended = true;
}

static void wait_for_end(void)
{
	while (!ended)
		assert_true(sd_event_run(context.event, UINT64_MAX) >= 0);
}

static size_t count_of(const char *key)
{
	return json_array_size(json_object_get(report, key));
}

/* Any operation: its steps do not matter here. */
static void pretend_operation(bool under_way)
{
	static const struct operation_kind kind = {.name = "reload"};
	static struct operation operation = {.kind = &kind};

	unit->operation = under_way ? &operation : NULL;
}

static void orphans_are_shown_and_then_removed(void **state)
{
	(void)state;
	assert_int_equal(inspect_gc(&units, false, take_report, NULL, NULL), 0);
	wait_for_end();
	assert_int_equal(count_of("orphans"), 5);
	assert_true(sample_unit_has(&sample, "gen-3"));
	ended = false;
	assert_int_equal(inspect_gc(&units, true, take_report, NULL, NULL), 0);
	wait_for_end();
	assert_int_equal(json_integer_value(json_object_get(report, "removed")), 5);
	assert_false(sample_unit_has(&sample, "gen-3"));
	assert_true(sample_unit_has(&sample, "gen-1/manifest"));
}

static void no_operation_begins_while_orphans_are_removed(void **state)
{
	(void)state;
	assert_int_equal(operation_refuse_all(&units, NULL), 0);
	assert_int_equal(inspect_gc(&units, true, take_report, NULL, NULL), 0);
	assert_int_equal(operation_refuse_all(&units, &failure), -EBUSY);
	assert_int_equal(failure.outcome, OUTCOME_BUSY);
	assert_int_equal(inspect_gc(&units, true, take_report, NULL, &failure), -EBUSY);
	expect_text_has(failure.text, "a gc is under way");
	wait_for_end();
	assert_int_equal(operation_refuse_all(&units, NULL), 0);
}

static void a_busy_unit_is_passed_over_and_told(void **state)
{
	(void)state;
	pretend_operation(true);
	assert_int_equal(inspect_gc(&units, true, take_report, NULL, NULL), 0);
	/* Busy at the beginning is enough: what it has made may be half of something. */
	pretend_operation(false);
	wait_for_end();
	assert_int_equal(count_of("busy"), 1);
	assert_int_equal(json_integer_value(json_object_get(report, "removed")),
			 count_of("orphans"));
	assert_int_equal(count_of("failed"), 0);
	assert_true(sample_unit_has(&sample, "gen-3"));
}

static void what_busy_units_have_is_no_orphan(void **state)
{
	(void)state;
	pretend_operation(true);
	assert_int_equal(inspect_fsck(&units, "fw", take_report, NULL, NULL), 0);
	/* It counts as busy if it was so at either end. */
	pretend_operation(false);
	wait_for_end();
	assert_int_equal(count_of("busy"), 1);
	assert_true(json_is_true(json_object_get(report, "sound")));
	ended = false;
	assert_int_equal(inspect_fsck(&units, "", take_report, NULL, NULL), 0);
	wait_for_end();
	assert_int_equal(count_of("busy"), 0);
	assert_true(json_is_false(json_object_get(report, "sound")));
}

static void units_that_are_not_there_are_told(void **state)
{
	(void)state;
	assert_int_equal(inspect_fsck(&units, "../x", take_report, NULL, &failure), -EINVAL);
	assert_int_equal(failure.outcome, OUTCOME_USAGE);
	assert_int_equal(inspect_fsck(&units, "nobody", take_report, NULL, NULL), 0);
	wait_for_end();
	assert_null(report);
	assert_int_equal(failure.outcome, OUTCOME_NO_SUCH_UNIT);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make_unit, remove_unit)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(orphans_are_shown_and_then_removed),
		CASE(no_operation_begins_while_orphans_are_removed),
		CASE(a_busy_unit_is_passed_over_and_told),
		CASE(what_busy_units_have_is_no_orphan),
		CASE(units_that_are_not_there_are_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
