/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/expect.h"

#include <stdlib.h>
#include <time.h>

#include "ctl/output.h"

static char *written;
static size_t written_length;

static FILE *begin(void)
{
	free(written);
	written = NULL;
	return open_memstream(&written, &written_length);
}

static void expect_written(FILE *stream, const char *expected)
{
	fclose(stream);
	assert_string_equal(written, expected);
}

static json_t *json_of(const char *text)
{
	json_error_t error;
	json_t *value = json_loads(text, JSON_DECODE_ANY, &error);

	if (!value)
		fail_msg("%s: %s", text, error.text);
	return value;
}

static void expect_shown(const char *json, enum output_kind kind, const char *expected)
{
	cleanup_json json_t *value = json_of(json);
	FILE *out = begin();

	output_value(out, value, kind);
	expect_written(out, expected);
}

static const struct output_field columns[] = {
	{"NAME", "name", OUTPUT_TEXT},
	{"COUNT", "count", OUTPUT_NUMBER},
	{"SINK", "sink", OUTPUT_TEXT},
};

static void expect_table(const char *json, const char *expected)
{
	cleanup_json json_t *rows = json_of(json);
	FILE *out = begin();

	output_table(out, rows, columns, ARRAY_SIZE(columns));
	expect_written(out, expected);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	(void)state;
	expect_table("[{\"name\": \"a\", \"count\": 1, \"sink\": \"x\"},"
		     " {\"name\": \"longer\", \"count\": 1234567, \"sink\": \"y\"}]",
		     "  NAME      COUNT  SINK\n"
		     "  a             1  x\n"
		     "  longer  1234567  y\n");
}

static void width_counts_characters_not_bytes(void **state)
{
	(void)state;
	expect_table("[{\"name\": \"\u00e4\u00f6\u00fc\u00df\u20ac\", \"count\": 1}, {\"name\": "
		     "\"a\", \"count\": 2}]",
		     "  NAME   COUNT\n"
		     "  \u00e4\u00f6\u00fc\u00df\u20ac      1\n"
		     "  a          2\n");
}

static void column_that_no_row_has_is_left_out(void **state)
{
	(void)state;
	expect_table("[{\"name\": \"a\", \"count\": null, \"sink\": \"x\"}]", "  NAME  SINK\n"
									      "  a     x\n");
}

static void missing_and_null_cells_are_dashes(void **state)
{
	(void)state;
	expect_table("[{\"name\": \"a\", \"count\": null}, {\"count\": 12, \"sink\": \"x\"}, 7]",
		     "  NAME  COUNT  SINK\n"
		     "  a         -  -\n"
		     "  -        12  x\n"
		     "  -         -  -\n");
}

static void cell_is_one_line_and_no_line_ends_in_blanks(void **state)
{
	(void)state;
	expect_table("[{\"name\": \"two\\nlines\", \"sink\": \"\"}]", "  NAME       SINK\n"
								      "  two lines  \n");
}

static void no_rows_make_no_table(void **state)
{
	(void)state;
	expect_table("[]", "");
	expect_table("{\"name\": \"a\"}", "");
}

static const struct output_field fields[] = {
	{"Object", "object", OUTPUT_TEXT},
	{"Way", "way", OUTPUT_TEXT},
	{"Note", "note", OUTPUT_LINES},
};

static void expect_block(const char *json, const char *expected)
{
	cleanup_json json_t *object = json_of(json);
	FILE *out = begin();

	output_block(out, object, fields, ARRAY_SIZE(fields));
	expect_written(out, expected);
}

static void block_aligns_its_colons(void **state)
{
	(void)state;
	expect_block("{\"way\": \"entry\", \"object\": \"/lib/a.o\"}", "  Object: /lib/a.o\n"
								       "     Way: entry\n");
}

static void block_leaves_out_what_is_missing(void **state)
{
	(void)state;
	expect_block("{\"way\": \"entry\", \"object\": null, \"note\": []}", "  Way: entry\n");
	expect_block("{}", "");
}

static void block_indents_further_lines(void **state)
{
	(void)state;
	expect_block("{\"way\": \"entry\", \"note\": [\"one\", \"two\"]}", "   Way: entry\n"
									   "  Note: one\n"
									   "        two\n");
}

static void text_of_any_json_is_readable(void **state)
{
	(void)state;
	expect_shown("\"word\"", OUTPUT_TEXT, "word");
	expect_shown("-12", OUTPUT_TEXT, "-12");
	expect_shown("0.5", OUTPUT_TEXT, "0.5");
	expect_shown("true", OUTPUT_TEXT, "yes");
	expect_shown("false", OUTPUT_TEXT, "no");
	expect_shown("null", OUTPUT_TEXT, "-");
	expect_shown("[1, \"b\", {\"c\": 3, \"d\": null}]", OUTPUT_TEXT, "1 b c=3 d=-");
}

static void generation_0_is_none(void **state)
{
	(void)state;
	expect_shown("0", OUTPUT_GENERATION, "-");
	expect_shown("3", OUTPUT_GENERATION, "3");
	expect_shown("0", OUTPUT_NUMBER, "0");
}

static void changes_name_both_sides(void **state)
{
	(void)state;
	expect_shown("{\"before\": 1, \"after\": 2}", OUTPUT_CHANGE, "1 -> 2");
	expect_shown("{\"before\": 0, \"after\": 1}", OUTPUT_CHANGE, "none -> 1");
	expect_shown("{\"before\": \"a\", \"after\": null}", OUTPUT_CHANGE, "a -> none");
	expect_shown("7", OUTPUT_CHANGE, "7");
}

static void phases_have_times_and_a_sum(void **state)
{
	(void)state;
	expect_shown("[{\"phase\": \"prepare\", \"usec\": 12300}, {\"phase\": \"commit\", "
		     "\"usec\": 17}]",
		     OUTPUT_PHASES, "prepare 12.3 ms, commit 17 us, together 12.3 ms");
}

static void counts_above_0_have_their_index(void **state)
{
	(void)state;
	expect_shown("[0, 5, 0, 17]", OUTPUT_COUNTS, "1:5 3:17");
	expect_shown("[0, 0]", OUTPUT_COUNTS, "-");
}

static void digest_is_cut(void **state)
{
	(void)state;
	expect_shown("\"0123456789abcdef0123\"", OUTPUT_DIGEST, "0123456789ab");
}

static void times_are_local(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	expect_shown("86400000000", OUTPUT_TIME, "1970-01-02 00:00:00");
	expect_shown("\"soon\"", OUTPUT_TIME, "soon");
}

static void since_says_how_long_ago(void **state)
{
	cleanup_json json_t *value = json_integer((json_int_t)(time(NULL) - 65) * 1000000);
	FILE *out = begin();

	(void)state;
	output_value(out, value, OUTPUT_SINCE);
	fclose(out);
	expect_text_has(written, " (1min ");
	expect_text_has(written, " ago)");
}

static void since_of_the_future_says_no_age(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	expect_shown("4102444800000000", OUTPUT_SINCE, "2100-01-01 00:00:00");
}

static void spans_have_the_unit_that_suits(void **state)
{
	static const struct {
		uint64_t usec;
		const char *text;
	} spans[] = {
		{0, "0 us"},
		{999, "999 us"},
		{1250, "1.2 ms"},
		{3400000, "3.40 s"},
		{125000000, "2min 5s"},
		{12000000000, "3h 20min"},
		{349200000000, "4d 1h"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		FILE *out = begin();

		output_span(out, spans[i].usec);
		expect_written(out, spans[i].text);
	}
}

static void terminals_get_no_control_characters(void **state)
{
	FILE *out = begin();

	(void)state;
	output_text(out, "\33[2J a\r\tb\n\177 \302\233x \303\244");
	expect_written(out, "?[2J a?\tb\n? ?x \303\244");
}

static const struct failure refused = {.outcome = OUTCOME_REFUSED, .text = "no \33BTF"};

static void failure_for_people_goes_to_err_alone(void **state)
{
	FILE *err = begin();
	char *other = NULL;
	size_t other_length;
	FILE *out = open_memstream(&other, &other_length);

	(void)state;
	output_failure(OUTPUT_TABLE, out, err, &refused);
	fclose(out);
	assert_int_equal(other_length, 0);
	free(other);
	expect_written(err, "ebpfctl: no ?BTF\n");
}

static void failure_for_programs_is_json_on_out(void **state)
{
	cleanup_json json_t *report = NULL;
	const char *outcome, *message;
	FILE *out = begin();

	(void)state;
	output_failure(OUTPUT_JSON, out, NULL, &refused);
	fclose(out);
	report = json_of(written);
	assert_int_equal(json_unpack(report, "{s:{s:s, s:s!}!}", "error", "outcome", &outcome,
				     "message", &message),
			 0);
	assert_string_equal(outcome, "refused");
	assert_string_equal(message, "no \33BTF");
}

static void json_of_broken_utf8_is_repaired(void **state)
{
	cleanup_json json_t *string = output_json_string("a\377b\303\244\303");

	(void)state;
	assert_string_equal(json_string_value(string), "a?b\303\244?");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(width_counts_characters_not_bytes),
		cmocka_unit_test(column_that_no_row_has_is_left_out),
		cmocka_unit_test(missing_and_null_cells_are_dashes),
		cmocka_unit_test(cell_is_one_line_and_no_line_ends_in_blanks),
		cmocka_unit_test(no_rows_make_no_table),
		cmocka_unit_test(block_aligns_its_colons),
		cmocka_unit_test(block_leaves_out_what_is_missing),
		cmocka_unit_test(block_indents_further_lines),
		cmocka_unit_test(text_of_any_json_is_readable),
		cmocka_unit_test(generation_0_is_none),
		cmocka_unit_test(changes_name_both_sides),
		cmocka_unit_test(phases_have_times_and_a_sum),
		cmocka_unit_test(counts_above_0_have_their_index),
		cmocka_unit_test(digest_is_cut),
		cmocka_unit_test(times_are_local),
		cmocka_unit_test(since_says_how_long_ago),
		cmocka_unit_test(since_of_the_future_says_no_age),
		cmocka_unit_test(spans_have_the_unit_that_suits),
		cmocka_unit_test(terminals_get_no_control_characters),
		cmocka_unit_test(failure_for_people_goes_to_err_alone),
		cmocka_unit_test(failure_for_programs_is_json_on_out),
		cmocka_unit_test(json_of_broken_utf8_is_repaired),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(written);
	return failed;
}
