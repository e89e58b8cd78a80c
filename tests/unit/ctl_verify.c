/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ebpfctl verify, with a loader that answers by what it is asked for. */
#include "tests/unit/expect.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/output.h"
#include "lib/file.h"
#include "tests/support/ctl.h"

static char folder[] = "/tmp/ebpfctl-verify-XXXXXX";
static char loader[64], object[64], units[64], unit[80];

static const char unit_text[] = "[Unit]\nObject=/elsewhere/fw.o\n[Hook in]\nProgram=count\n"
				"Attach=raw_tp:sys_enter\n";

static int make_files(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(loader, sizeof(loader), "%s/loader", folder);
	(void)snprintf(object, sizeof(object), "%s/fw.o", folder);
	(void)snprintf(units, sizeof(units), "%s/units", folder);
	(void)snprintf(unit, sizeof(unit), "%s/fw.conf", units);
	if (file_replace(object, "object", 6) < 0 || mkdir(units, 0700) < 0)
		return -1;
	return file_replace(unit, unit_text, strlen(unit_text)) < 0 ? -1 : 0;
}

static int remove_files(void **state)
{
	(void)state;
	unlink(loader);
	unlink(object);
	unlink(unit);
	rmdir(units);
	return rmdir(folder);
}

#define ALONE(unverified)                                                                   \
	"{\"outcome\":\"done\",\"digest\":\"0123456789abcdef\",\"verifier\":[{\"program\":" \
	"\"count\",\"insns\":7,\"jited_bytes\":40}],\"unverified\":[" unverified "]}"
#define PLAN                                                                                 \
	"{\"outcome\":\"done\",\"hooks\":[{\"name\":\"in\",\"way\":\"entry\"}],\"maps\":[]," \
	"\"verifier\":[{\"program\":\"odd\",\"insns\":1}]}"
#define DIFF(safe, reasons)                                                              \
	"{\"outcome\":\"done\",\"safe\":" safe ",\"reasons\":[" reasons "],\"maps\":[]," \
	"\"programs\":[],\"records\":[]}"
#define REFUSED(message) "{\"outcome\":\"refused\",\"message\":\"" message "\"}"
#define ODD		 "{\"program\":\"odd\",\"section\":\"x\",\"optional\":false,\"why\":\"no type\"}"

/* What the loader says of the object alone, of a unit, and of two objects. */
static void answer(const char *alone, const char *plan, const char *diff)
{
	char text[4096];

	(void)snprintf(text, sizeof(text),
		       "#!/bin/sh\ncase $2 in\n--verify) echo '%s' ;;\n--plan) echo '%s' ;;\n"
		       "--diff) echo '%s' ;;\nesac >&5\n",
		       alone, plan, diff);
	assert_int_equal(file_replace(loader, text, strlen(text)), 0);
	assert_int_equal(chmod(loader, 0755), 0);
}

static void good_object_for_people(void **state)
{
	const struct ctl_result *result;
	char expected[512];

	(void)state;
	answer(ALONE(""), PLAN, "");
	result = ctl_run("verify", "--loader", loader, object, "--units", units, NULL);
	(void)snprintf(expected, sizeof(expected),
		       "%s: good\n"
		       "  SHA-256: 0123456789ab\n"
		       "\n"
		       "  PROGRAM  INSTRUCTIONS  JITED BYTES\n"
		       "  count               7           40\n"
		       "\n"
		       "unit fw: good\n"
		       "\n"
		       "  HOOK  WAY\n"
		       "  in    entry\n"
		       "\n"
		       "  PROGRAM  INSTRUCTIONS\n"
		       "  odd                 1\n",
		       object);
	assert_string_equal(result->out, expected);
	assert_int_equal(result->status, 0);
	assert_string_equal(ctl_run("verify", "-q", "--loader", loader, object, NULL)->out, "");
}

/* The first object of a result in JSON, with its exit code as expected. */
static json_t *expect_first(const struct ctl_result *result, int status, const char *outcome)
{
	json_t *list = json_loads(result->out, 0, NULL), *first = json_array_get(list, 0);

	assert_int_equal(result->status, status);
	assert_string_equal(result->err, "");
	assert_string_equal(json_string_value(json_object_get(first, "outcome")), outcome);
	json_incref(first);
	json_decref(list);
	return first;
}

static const struct ctl_result *verify_all(void)
{
	return ctl_run("verify", "-o", "json", "--loader", loader, "--units", units, "--against",
		       object, object, NULL);
}

static void worst_of_all_is_the_outcome(void **state)
{
	cleanup_json json_t *good = NULL, *plan = NULL, *diff = NULL, *alone = NULL;

	(void)state;
	answer(ALONE(""), PLAN, DIFF("true", ""));
	good = expect_first(verify_all(), 0, "done");
	answer(ALONE(""), REFUSED("no hook"), DIFF("true", ""));
	plan = expect_first(verify_all(), 5, "refused");
	expect_text_has(json_string_value(json_array_get(json_object_get(plan, "reasons"), 0)),
			"unit fw: no hook");
	answer(ALONE(""), PLAN, DIFF("false", "\"map m\""));
	diff = expect_first(verify_all(), 5, "refused");
	expect_text_has(json_string_value(json_array_get(json_object_get(diff, "reasons"), 0)),
			"map m");
	answer(REFUSED("verifier"), PLAN, DIFF("true", ""));
	alone = expect_first(verify_all(), 5, "refused");
	/* What changed is told all the same, and units are not asked. */
	assert_true(json_is_object(json_object_get(alone, "against")));
	assert_int_equal(json_array_size(json_object_get(alone, "units")), 0);
}

static void unit_that_loads_what_could_not_be_loaded_alone_makes_it_good(void **state)
{
	cleanup_json json_t *with = NULL, *without = NULL;

	(void)state;
	answer(ALONE(ODD), PLAN, DIFF("true", ""));
	with = expect_first(verify_all(), 0, "done");
	assert_int_equal(json_array_size(json_object_get(with, "unverified")), 0);
	without = expect_first(ctl_run("verify", "-o", "json", "--loader", loader, object, NULL), 5,
			       "refused");
	expect_text_has(json_string_value(json_array_get(json_object_get(without, "reasons"), 0)),
			"function odd: no type, and no unit file");
}

static void file_that_cannot_be_read_is_1(void **state)
{
	const struct ctl_result *result;

	(void)state;
	answer(ALONE(""), PLAN, "");
	result = ctl_run("verify", "--loader", loader, "/nonexistent/a.o", object, NULL);
	assert_int_equal(result->status, 1);
	expect_text_has(result->out, "/nonexistent/a.o: cannot be judged\n"
				     "  Message: cannot read /nonexistent/a.o: No such file");
	expect_text_has(result->out, "fw.o: good");
}

static void answer_of_another_program_is_survived(void **state)
{
	(void)state;
	answer("{\"outcome\":\"done\",\"unverified\":[{},3],\"verifier\":7}", "[]", "{}");
	assert_int_equal(verify_all()->status, 5);
	answer("no JSON", "", "");
	assert_int_equal(verify_all()->status, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_object_for_people),
		cmocka_unit_test(worst_of_all_is_the_outcome),
		cmocka_unit_test(unit_that_loads_what_could_not_be_loaded_alone_makes_it_good),
		cmocka_unit_test(file_that_cannot_be_read_is_1),
		cmocka_unit_test(answer_of_another_program_is_survived),
	};

	return cmocka_run_group_tests_name("ctl_verify", tests, make_files, remove_files);
}
