/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A unit on one screen, in lines that fit. */
#include "tests/unit/expect.h"

#include <stdlib.h>

#include "ctl/fit.h"
#include "ctl/unit_page.h"
#include "lib/cleanup.h"

/* ---- lines that fit ---- */

static void expect_fit(const char *text, int width, const char *expected)
{
	cleanup_free char *written = NULL;
	size_t length;
	FILE *out = open_memstream(&written, &length);

	assert_non_null(out);
	fit_lines(out, text, width);
	fclose(out);
	assert_string_equal(written, expected);
}

static void long_lines_are_broken_at_blanks(void **state)
{
	(void)state;
	expect_fit("one two three\nfour\n\n", 9, "one two\n  three\nfour\n\n");
	expect_fit("one two three", 0, "one two three\n");
	expect_fit("one two\n", 7, "one two\n");
	expect_fit("one  two\n", 5, "one\n two\n");
	expect_fit("one   \n", 3, "one\n\n");
	expect_fit("", 7, "");
}

static void what_goes_on_stands_below_its_text(void **state)
{
	(void)state;
	expect_fit("    Reason: it is too long\n", 24, "    Reason: it is too\n            long\n");
	expect_fit("    one two three\n", 12, "    one two\n    three\n");
	/* Not where there would be no room for it. */
	expect_fit("        Reason: too long\n", 20, "        Reason: too\nlong\n");
}

static void words_that_do_not_fit_are_broken(void **state)
{
	(void)state;
	expect_fit("12345678\n1234567\n", 7, "1234567\n 8\n1234567\n");
	expect_fit("  12345678\n", 4, "  12\n  34\n  56\n  78\n");
	expect_fit("ab", 1, "a\nb\n");
}

static void characters_are_counted_not_bytes(void **state)
{
	(void)state;
	expect_fit("äöüß\n", 4, "äöüß\n");
	expect_fit("äöüß\n", 3, "äöü\nß\n");
	/* No UTF-8 at all: each byte is taken for one, or for the end of one. */
	expect_fit("\xff\xff\xff\xff\n", 3, "\xff\xff\xff\n\xff\n");
}

static void what_is_no_terminal_has_no_width(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	assert_int_equal(fit_width(file), 0);
	fclose(file);
}

/* ---- the page ---- */

/* Takes the status over; the text is the caller's to free. */
static char *page_of(json_t *status)
{
	char *written = NULL;
	size_t length;
	FILE *out = open_memstream(&written, &length);

	assert_non_null(out);
	unit_page_print(out, status, true);
	fclose(out);
	json_decref(status);
	return written;
}

static void rows_beyond_the_screen_are_counted(void **state)
{
	json_t *hooks = json_array();
	cleanup_free char *page = NULL;

	(void)state;
	for (int i = 0; i < UNIT_PAGE_ROWS + 3; i++)
		json_array_append_new(hooks, json_pack("{s:o}", "name", json_sprintf("h%d", i)));
	page = page_of(json_pack("{s:s, s:o}", "name", "fw", "hooks", hooks));
	expect_text_has(page, "h5\n");
	assert_null(strstr(page, "h6"));
	expect_text_has(page, "and 3 more: status --full shows them\n");
}

static void what_is_well_has_no_line(void **state)
{
	cleanup_free char *page = page_of(
		json_pack("{s:s, s:s, s:[{s:s, s:i, s:i}], s:[{s:s, s:i, s:n}]}", "name", "fw",
			  "override", "none", "hooks", "state", "attached", "missed", 0, "skipped",
			  0, "events", "ring", "events", "dropped", 0, "sink_error"));

	(void)state;
	assert_string_equal(page, "fw\n  Events: events\n");
}

static void what_is_wrong_is_told(void **state)
{
	cleanup_free char *page = page_of(json_pack(
		"{s:s, s:s, s:[{s:s, s:s, s:i, s:i}], s:[{s:s, s:i, s:s}]}", "name", "fw",
		"override", "rollback", "hooks", "name", "in", "state", "detached", "missed", 2,
		"skipped", 3, "events", "ring", "events", "dropped", 4, "sink_error", "disk full"));

	(void)state;
	expect_text_has(page, "Override: rollback\n");
	expect_text_has(page, "in, detached\n");
	expect_text_has(page, "2 missed, 3 skipped");
	expect_text_has(page, "4 dropped");
	expect_text_has(page, "the sink: disk full");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_lines_are_broken_at_blanks),
		cmocka_unit_test(what_goes_on_stands_below_its_text),
		cmocka_unit_test(words_that_do_not_fit_are_broken),
		cmocka_unit_test(characters_are_counted_not_bytes),
		cmocka_unit_test(what_is_no_terminal_has_no_width),
		cmocka_unit_test(rows_beyond_the_screen_are_counted),
		cmocka_unit_test(what_is_well_has_no_line),
		cmocka_unit_test(what_is_wrong_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
