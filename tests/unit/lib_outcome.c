/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/expect.h"

#include "lib/utf8.h"

static void outcomes_come_back_from_their_names(void **state)
{
	(void)state;
	for (enum outcome outcome = 0; outcome < OUTCOME_MAX_; outcome++)
		assert_int_equal(outcome_from_name(outcome_name(outcome)), outcome);
	assert_int_equal(outcome_from_name("nonsense"), OUTCOME_FAILED);
}

static void outcomes_come_back_from_their_bus_errors(void **state)
{
	(void)state;
	for (enum outcome outcome = OUTCOME_FAILED; outcome < OUTCOME_MAX_; outcome++)
		assert_int_equal(outcome_from_bus_error(outcome_bus_error(outcome)), outcome);
	assert_int_equal(outcome_from_bus_error("org.freedesktop.DBus.Error.NoReply"),
			 OUTCOME_FAILED);
}

static void exit_codes_are_those_of_the_manual(void **state)
{
	static const int codes[] = {
		[OUTCOME_DONE] = 0,	     [OUTCOME_FAILED] = 1,
		[OUTCOME_BUSY] = 1,	     [OUTCOME_USAGE] = 2,
		[OUTCOME_NO_SUCH_UNIT] = 3,  [OUTCOME_NO_DAEMON] = 3,
		[OUTCOME_NOT_PERMITTED] = 4, [OUTCOME_REFUSED] = 5,
		[OUTCOME_TAKEN_BACK] = 6,    [OUTCOME_TAKE_BACK_FAILED] = 7,
	};

	(void)state;
	assert_int_equal(ARRAY_SIZE(codes), OUTCOME_MAX_);
	for (enum outcome outcome = 0; outcome < OUTCOME_MAX_; outcome++)
		assert_int_equal(outcome_exit_code(outcome), codes[outcome]);
}

static void failure_has_outcome_text_and_errno(void **state)
{
	struct failure failure;

	(void)state;
	assert_int_equal(failure_set(&failure, OUTCOME_REFUSED, -EBADF, "no %s", "map"), -EBADF);
	expect_failure(&failure, OUTCOME_REFUSED, "no map");
	assert_int_equal(failure_set_errno(&failure, OUTCOME_FAILED, -ENOENT, "%s", "/a"), -ENOENT);
	assert_string_equal(failure.text, "/a: No such file or directory");
}

static void nobody_has_to_ask_for_the_failure(void **state)
{
	(void)state;
	assert_int_equal(failure_set(NULL, OUTCOME_FAILED, -EIO, "x"), -EIO);
	assert_int_equal(failure_set_errno(NULL, OUTCOME_FAILED, -EIO, "x"), -EIO);
	failure_prefix(NULL, "x");
}

static void prefix_stands_before_the_text(void **state)
{
	struct failure failure;

	(void)state;
	(void)failure_set(&failure, OUTCOME_BUSY, -EBUSY, "busy");
	failure_prefix(&failure, "unit");
	assert_string_equal(failure.text, "unit: busy");
	assert_int_equal(failure.outcome, OUTCOME_BUSY);
}

static void prefix_cuts_the_end_of_a_full_text(void **state)
{
	struct failure failure;
	char full[FAILURE_TEXT_MAX + 10] = {0};

	(void)state;
	memset(full, 'x', sizeof(full) - 1);
	(void)failure_set(&failure, OUTCOME_FAILED, -EINVAL, "%s", full);
	assert_int_equal(strlen(failure.text), FAILURE_TEXT_MAX - 1);
	failure_prefix(&failure, "unit");
	assert_int_equal(strncmp(failure.text, "unit: xxx", 9), 0);
	assert_true(strlen(failure.text) < FAILURE_TEXT_MAX);
}

/* The bus refuses a string that is not UTF-8. */
static void cut_never_leaves_half_a_character(void **state)
{
	struct failure failure;
	char full[FAILURE_TEXT_MAX + 10] = {0};

	(void)state;
	for (size_t shift = 0; shift < 3; shift++) {
		memset(full, 'x', shift);
		for (size_t i = shift; i < sizeof(full) - 1; i++)
			full[i] = "…"[(i - shift) % 3];
		(void)failure_set(&failure, OUTCOME_FAILED, -EINVAL, "%s", full);
		assert_true(utf8_is_valid(failure.text, strlen(failure.text)));
		assert_true(strlen(failure.text) >= FAILURE_TEXT_MAX - 3);
		failure_prefix(&failure, "unit");
		assert_true(utf8_is_valid(failure.text, strlen(failure.text)));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcomes_come_back_from_their_names),
		cmocka_unit_test(outcomes_come_back_from_their_bus_errors),
		cmocka_unit_test(exit_codes_are_those_of_the_manual),
		cmocka_unit_test(failure_has_outcome_text_and_errno),
		cmocka_unit_test(nobody_has_to_ask_for_the_failure),
		cmocka_unit_test(prefix_stands_before_the_text),
		cmocka_unit_test(prefix_cuts_the_end_of_a_full_text),
		cmocka_unit_test(cut_never_leaves_half_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
