/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log lines that outsiders can cause. */
#include "tests/unit/expect.h"

#include "lib/sparing.h"

static void the_first_line_is_due(void **state)
{
	struct sparing sparing = {0};
	char note[SPARING_NOTE_MAX] = "untouched";

	(void)state;
	assert_true(sparing_is_due(&sparing, 5, note));
	assert_string_equal(note, "");
}

static void others_are_kept_back_and_counted(void **state)
{
	struct sparing sparing = {0};
	char note[SPARING_NOTE_MAX];

	(void)state;
	assert_true(sparing_is_due(&sparing, 5, note));
	for (int i = 0; i < 3; i++) {
		assert_false(sparing_is_due(&sparing, 4 + SPARING_PAUSE_USEC, note));
		assert_string_equal(note, "");
	}
	assert_true(sparing_is_due(&sparing, 5 + SPARING_PAUSE_USEC, note));
	assert_string_equal(note, " (3 more since the last such line)");
	assert_false(sparing_is_due(&sparing, 6 + SPARING_PAUSE_USEC, note));
	assert_true(sparing_is_due(&sparing, 6 + 3 * SPARING_PAUSE_USEC, note));
	assert_string_equal(note, " (1 more since the last such line)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_line_is_due),
		cmocka_unit_test(others_are_kept_back_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
