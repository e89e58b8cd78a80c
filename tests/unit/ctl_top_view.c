/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of `top` as lines, for terminals of all widths. */
#include "tests/unit/expect.h"

#include <math.h>
#include <stdio.h>

#include "ctl/top_view.h"
#include "lib/clock.h"

#define ROWS 4

static struct top_row rows[ROWS];
static struct top_model model = {.rows = rows, .count = ROWS};

static int prepare(void **state)
{
	const struct top_row all[ROWS] = {
		{TOP_UNIT,
		 "fw",
		 "active",
		 12,
		 12345,
		 117,
		 0.0145,
		 99,
		 0.125,
		 clock_now_usec(CLOCK_REALTIME) - 125000000,
		 {1, 2, 4, 8},
		 4,
		 0},
		{TOP_HOOK, "fw/in", "xdp", 12, 12345, 117, 0.0145, NAN, NAN, 0, {0}, 0, 0},
		{TOP_PROGRAM, "other:7", "tracing", 0, 3e9, 1.5, 2, NAN, NAN, 0, {0}, 0, 0},
		{TOP_UNIT, "new", "loading", 1, NAN, NAN, NAN, NAN, NAN, 0, {0}, 0, 0},
	};

	(void)state;
	memcpy(rows, all, sizeof(all));
	return 0;
}

/* Holds until the next call. */
static char *text_of(const struct top_view *view, int width, int height)
{
	static char text[16384];
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	top_view_write(out, view, &model, width, height);
	fclose(out);
	return text;
}

/* From the titles on. */
static void expect_rows(const struct top_view *view, int width, const char *expected)
{
	const char *text = text_of(view, width, 0);

	assert_string_equal(strchr(text, '\n') + 1, expected);
}

/* The names, in their order. */
static void expect_order(const struct top_view *view, const char *expected)
{
	char *text = text_of(view, 0, 0);
	char order[128] = "";
	char *rest = text;

	(void)strsep(&rest, "\n");
	(void)strsep(&rest, "\n");
	while (rest && *rest) {
		const char *line = strsep(&rest, "\n");
		size_t used = strlen(order);

		(void)snprintf(order + used, sizeof(order) - used, "%s%.*s", used ? " " : "",
			       (int)strcspn(line, " "), line);
	}
	assert_string_equal(order, expected);
}

static void eighty_columns_have_all(void **state)
{
	const struct top_view view = {.sort = TOP_CPU, .utf8 = true};

	(void)state;
	expect_rows(
		&view, 79,
		"NAME         TYPE       GEN CALLS/S NS/CALL  CPU% EVENT/S RING% RELOAD CALLS/S \n"
		"other:7      tracing      -    3.0G    1.50   200       -     -      -         \n"
		"fw           active      12   12.3k     117   1.5      99  12.5   2min     ▁▂▄█\n"
		"fw/in        xdp         12   12.3k     117   1.5       -     -      -         \n"
		"new          loading      1       -       -     -       -     -      -         "
		"\n");
}

static void narrow_terminals_keep_the_name_and_what_is_sorted_by(void **state)
{
	const struct top_view by_cpu = {.sort = TOP_CPU}, by_ring = {.sort = TOP_RING};

	(void)state;
	expect_rows(&by_cpu, 19,
		    "NAME           CPU%\nother:7         200\nfw              1.5\n"
		    "fw/in           1.5\nnew               -\n");
	expect_rows(&by_ring, 19,
		    "NAME          RING%\nfw             12.5\nfw/in             -\n"
		    "new               -\nother:7           -\n");
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	for (enum top_column sort = 0; sort < TOP_COLUMN_MAX_; sort++)
		for (int width = 8; width < 140; width++) {
			const struct top_view view = {.sort = sort};
			char *text = text_of(&view, width, 0);
			char *rest = text;

			(void)state;
			while (rest && *rest)
				assert_true(strlen(strsep(&rest, "\n")) <= (size_t)width);
		}
}

static void lines_end_with_the_screen(void **state)
{
	const struct top_view view = {.sort = TOP_NAME, .first = 1};

	(void)state;
	for (int height = 1; height <= 6; height++) {
		const char *text = text_of(&view, 80, height);
		int lines = 0;

		for (const char *at = text; *at; at++)
			lines += *at == '\n';
		assert_int_equal(lines, MIN(height, 5));
	}
}

static void rows_are_sorted_by_any_column(void **state)
{
	struct top_view view = {.sort = TOP_NAME};

	(void)state;
	expect_order(&view, "fw fw/in new other:7");
	view.reversed = true;
	expect_order(&view, "other:7 new fw/in fw");
	view = (struct top_view){.sort = TOP_CALLS};
	expect_order(&view, "other:7 fw fw/in new");
	view.sort = TOP_TIME;
	expect_order(&view, "fw fw/in other:7 new");
	view.sort = TOP_SINCE;
	expect_order(&view, "fw fw/in new other:7");
	view.sort = TOP_TYPE;
	expect_order(&view, "fw new other:7 fw/in");
	view.sort = TOP_GENERATION;
	expect_order(&view, "fw fw/in new other:7");
}

static void rows_are_filtered(void **state)
{
	struct top_view view = {.sort = TOP_NAME, .filter = "fw"};

	(void)state;
	expect_order(&view, "fw fw/in");
	assert_int_equal(top_view_count(&view, &model), 2);
	view = (struct top_view){.sort = TOP_NAME, .filter = "trac"};
	expect_order(&view, "other:7");
	view = (struct top_view){.sort = TOP_NAME, .filter = "%s nobody"};
	expect_order(&view, "");
	view = (struct top_view){.sort = TOP_NAME, .hides_hooks = true, .hides_programs = true};
	expect_order(&view, "fw new");
}

static void histories_are_drawn_without_utf8_too(void **state)
{
	const struct top_view view = {.sort = TOP_CPU, .filter = "active"};
	const char *text = text_of(&view, 79, 0);

	(void)state;
	expect_text_has(text, "    ..:#\n");
}

static void columns_have_names(void **state)
{
	enum top_column column;

	(void)state;
	assert_int_equal(top_column_from_name("reload", &column), 0);
	assert_int_equal(column, TOP_SINCE);
	assert_int_equal(top_column_from_name("history", &column), -EINVAL);
	assert_int_equal(top_column_from_name("", &column), -EINVAL);
}

#define test(function) cmocka_unit_test_setup(function, prepare)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		test(eighty_columns_have_all),
		test(narrow_terminals_keep_the_name_and_what_is_sorted_by),
		test(no_line_is_wider_than_the_terminal),
		test(lines_end_with_the_screen),
		test(rows_are_sorted_by_any_column),
		test(rows_are_filtered),
		test(histories_are_drawn_without_utf8_too),
		test(columns_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
