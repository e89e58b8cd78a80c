/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon's state in a line; units are made up. */
#include "tests/unit/expect.h"

#include <stdio.h>
#include <string.h>

#include "daemon/service/status_text.h"

static void expect_text(const struct units *units, const struct status_last *last, const char *text)
{
	char made[STATUS_TEXT_MAX];

	status_text_make(units, last, made);
	assert_string_equal(made, text);
}

static void add_degraded(struct units *units, const char *name)
{
	unit_set_reason(units_add(units, name), "another hand");
}

static void counts_units(void **state)
{
	struct units units = {0};
	const struct status_last none = {0};

	(void)state;
	expect_text(&units, &none, "0 units");
	units_add(&units, "fw");
	expect_text(&units, &none, "1 unit");
	units_add(&units, "dns");
	expect_text(&units, &none, "2 units");
	units_clear(&units);
}

static void names_what_is_wrong(void **state)
{
	struct units units = {0};
	const struct status_last none = {0};

	(void)state;
	add_degraded(&units, "fw");
	units_add(&units, "dns");
	failed_units_add(&units.failed, "web", "no such object", true);
	failed_units_add(&units.failed, "app", "no such object", true);
	expect_text(&units, &none, "2 units, 1 degraded (fw), 2 failed (app, web)");
	failed_units_forget(&units.failed, "web");
	failed_units_forget(&units.failed, "app");
	unit_set_reason(units_find(&units, "fw"), NULL);
	expect_text(&units, &none, "2 units");
	units_clear(&units);
}

static void bounds_names(void **state)
{
	struct units units = {0};
	const struct status_last none = {0};
	char name[16];

	(void)state;
	for (int i = 0; i < STATUS_TEXT_NAMES + 2; i++) {
		(void)snprintf(name, sizeof(name), "u%d", i);
		add_degraded(&units, name);
	}
	expect_text(&units, &none, "7 units, 7 degraded (u0, u1, u2, u3, u4 and 2 more)");
	units_clear(&units);
}

/* File names have up to 255 bytes. */
static void bounds_length(void **state)
{
	struct units units = {0};
	const struct status_last none = {0};
	char name[250], made[STATUS_TEXT_MAX];

	(void)state;
	for (char letter = 'a'; letter < 'e'; letter++) {
		memset(name, letter, sizeof(name) - 1);
		name[sizeof(name) - 1] = '\0';
		failed_units_add(&units.failed, name, "bad name", true);
	}
	status_text_make(&units, &none, made);
	assert_int_equal(strlen(made), STATUS_TEXT_MAX - 1);
	units_clear(&units);
}

static void a_name_makes_no_line(void **state)
{
	struct units units = {0};
	const struct status_last none = {0};

	(void)state;
	failed_units_add(&units.failed, "x\nREADY=1", "bad name", true);
	expect_text(&units, &none, "0 units, 1 failed (x?READY=1)");
	units_clear(&units);
}

static void says_the_last_operation(void **state)
{
	struct units units = {0};
	struct status_last last;
	const struct failure refused = {.outcome = OUTCOME_REFUSED};

	(void)state;
	status_last_set(&last, &(struct operation_end){
				       .unit = "fw", .operation = "reload", .generation = 2});
	expect_text(&units, &last, "0 units; last reload: fw, generation 2, done");
	status_last_set(&last, &(struct operation_end){
				       .unit = "fw", .operation = "load", .failure = &refused});
	expect_text(&units, &last, "0 units; last load: fw, refused");
}

static void daemon_reload_asks_anew(void **state)
{
	struct failed_units failed = {0};

	(void)state;
	failed_units_add(&failed, "from-file", "first", true);
	failed_units_add(&failed, "from-file", "second", true);
	failed_units_add(&failed, "from-history", "damaged", false);
	assert_string_equal(failed_units_find(&failed, "from-file")->message, "second");
	failed_units_forget_configured(&failed);
	assert_null(failed_units_find(&failed, "from-file"));
	assert_non_null(failed_units_find(&failed, "from-history"));
	failed_units_deinit(&failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_units),
		cmocka_unit_test(names_what_is_wrong),
		cmocka_unit_test(bounds_names),
		cmocka_unit_test(bounds_length),
		cmocka_unit_test(a_name_makes_no_line),
		cmocka_unit_test(says_the_last_operation),
		cmocka_unit_test(daemon_reload_asks_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
