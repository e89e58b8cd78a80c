/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ebpfctl makes of the answer to daemon-reload. */
#include "tests/unit/expect.h"

#include <string.h>

#include "tests/support/ctl.h"
#include "tests/support/fake_daemon.h"

#define ROW(key, name, action, outcome, message)                                          \
	"{\"" key "\": \"" name "\", \"action\": \"" action "\", \"outcome\": \"" outcome \
	"\", \"message\": " message "}"
#define SETTINGS(action, outcome, message) \
	"\"settings\": " ROW("file", "/etc/ebpfd.conf", action, outcome, message)
#define UNTOUCHED SETTINGS("none", "done", "null")

/* The answer of a daemon that says `report`. The result holds until the next call. */
static const struct ctl_result *answer(const char *report, const char *option, const char *value)
{
	struct fake_daemon daemon;
	const struct ctl_result *result;

	fake_report = report;
	fake_daemon_start(&daemon, "");
	result = ctl_run("--runtime-dir", daemon.directory, "daemon-reload", option, value, NULL);
	fake_daemon_stop(&daemon);
	return result;
}

static const char applied[] = "{\"units\": [" ROW("unit", "fw", "reload", "done", "null") ", " ROW(
	"unit", "trace", "none", "done", "\"the override stays\"") "], " UNTOUCHED "}";
static const char broken[] = "{\"units\": [" ROW("unit", "fw", "load", "done", "null") ", " ROW(
	"unit", "trace", "left", "failed", "\"t.conf:3: no\\nt.conf:4: no\"") "], " UNTOUCHED "}";

static void what_was_applied_is_a_table(void **state)
{
	const struct ctl_result *result = answer(applied, "-o", "table");

	(void)state;
	assert_int_equal(result->status, 0);
	assert_string_equal(result->err, "");
	assert_string_equal(result->out, "  UNIT   ACTION  OUTCOME\n"
					 "  fw     reload  done\n"
					 "  trace  none    done\n"
					 "trace: the override stays\n");
}

static void what_is_broken_is_told_line_by_line(void **state)
{
	const struct ctl_result *result = answer(broken, "-o", "table");

	(void)state;
	assert_int_equal(result->status, 1);
	assert_string_equal(result->err, "");
	assert_string_equal(result->out, "  UNIT   ACTION  OUTCOME\n"
					 "  fw     load    done\n"
					 "  trace  left    failed\n"
					 "trace: t.conf:3: no\n"
					 "t.conf:4: no\n");
}

static void json_is_the_daemons(void **state)
{
	const struct ctl_result *result = answer(broken, "-o", "json");

	(void)state;
	assert_int_equal(result->status, 1);
	expect_text_has(result->out, "\"message\": \"t.conf:3: no\\nt.conf:4: no\"");
	expect_text_has(result->out, "\"settings\": {");
}

static void quiet_says_what_is_wrong_alone(void **state)
{
	(void)state;
	assert_string_equal(answer(applied, "-q", "-q")->out, "");
	expect_text_has(answer(broken, "-q", "-q")->out, "trace: t.conf:3: no");
}

static void settings_that_changed_are_no_failure(void **state)
{
	const struct ctl_result *result = answer(
		"{\"units\": [], " SETTINGS("restart", "done", "\"it waits\"") "}", "-o", "table");

	(void)state;
	assert_int_equal(result->status, 0);
	assert_string_equal(result->out, "no units\n/etc/ebpfd.conf: it waits\n");
}

static void settings_with_errors_are_one(void **state)
{
	(void)state;
	assert_int_equal(
		answer("{\"units\": [], " SETTINGS("left", "failed", "\"no\"") "}", "-q", "-q")
			->status,
		1);
}

static void an_outcome_that_is_missing_is_a_failure(void **state)
{
	(void)state;
	assert_int_equal(answer("{\"units\": [{\"unit\": \"fw\"}]}", "-q", "-q")->status, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_applied_is_a_table),
		cmocka_unit_test(what_is_broken_is_told_line_by_line),
		cmocka_unit_test(json_is_the_daemons),
		cmocka_unit_test(quiet_says_what_is_wrong_alone),
		cmocka_unit_test(settings_that_changed_are_no_failure),
		cmocka_unit_test(settings_with_errors_are_one),
		cmocka_unit_test(an_outcome_that_is_missing_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
