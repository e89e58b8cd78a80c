/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ebpfctl check. */
#include "tests/unit/expect.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctl/output.h"
#include "tests/support/ctl.h"
#include "tests/support/text_file.h"

static char folder[] = "/tmp/ebpfctl-check-XXXXXX";
static char good[64], two[64], bad[64];

#define UNIT	   "[Unit]\nObject=/lib/fw.o\n"
#define HOOK(name) "[Hook " name "]\nProgram=count\nAttach=raw_tp:sys_enter\n"

static int make_files(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	text_file_write_in(folder, "fw.conf", UNIT HOOK("in"), good, sizeof(good));
	text_file_write_in(folder, "two.conf", UNIT HOOK("in") HOOK("out"), two, sizeof(two));
	text_file_write_in(folder, "bad.conf", UNIT "Colour=red\n" HOOK("in") "Wheels=4\n", bad,
			   sizeof(bad));
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	unlink(good);
	unlink(two);
	unlink(bad);
	return rmdir(folder);
}

static void good_files_are_named_with_unit_and_hooks(void **state)
{
	const struct ctl_result *result = ctl_run("check", good, two, NULL);
	char expected[256];

	(void)state;
	(void)snprintf(expected, sizeof(expected),
		       "%s: ok, unit fw, 1 hook\n%s: ok, unit two, 2 hooks\n", good, two);
	assert_string_equal(result->out, expected);
	assert_string_equal(result->err, "");
	assert_int_equal(result->status, 0);
}

static void quiet_check_tells_errors_alone(void **state)
{
	const struct ctl_result *result = ctl_run("check", "-q", good, bad, NULL);

	(void)state;
	assert_string_equal(result->out, "");
	expect_text_has(result->err, bad);
	assert_int_equal(result->status, 1);
}

static void each_error_of_a_bad_file_has_a_line(void **state)
{
	const struct ctl_result *result = ctl_run("check", bad, good, NULL);
	char start[80];

	(void)state;
	(void)snprintf(start, sizeof(start), "%s:3: ", bad);
	expect_text_has(result->err, start);
	(void)snprintf(start, sizeof(start), "\n%s:7: ", bad);
	expect_text_has(result->err, start);
	/* The files behind it are looked at all the same. */
	expect_text_has(result->out, "ok, unit fw");
	assert_int_equal(result->status, 1);
}

static void missing_file_is_a_bad_file(void **state)
{
	const struct ctl_result *result = ctl_run("check", "/nonexistent/x.conf", NULL);

	(void)state;
	expect_text_has(result->err, "/nonexistent/x.conf: No such file");
	assert_int_equal(result->status, 1);
}

static void json_has_an_element_for_each_file(void **state)
{
	const struct ctl_result *result = ctl_run("check", "-o", "json", two, bad, NULL);
	cleanup_json json_t *files = json_loads(result->out, 0, NULL);
	const char *path, *unit;
	int ok, hooks;
	const json_t *errors;

	(void)state;
	assert_int_equal(result->status, 1);
	assert_string_equal(result->err, "");
	assert_int_equal(json_array_size(files), 2);
	assert_int_equal(json_unpack(json_array_get(files, 0), "{s:s, s:b, s:s, s:i, s:[!]}",
				     "file", &path, "ok", &ok, "unit", &unit, "hooks", &hooks,
				     "errors"),
			 0);
	assert_string_equal(path, two);
	assert_string_equal(unit, "two");
	assert_true(ok);
	assert_int_equal(hooks, 2);
	errors = json_object_get(json_array_get(files, 1), "errors");
	assert_true(json_is_false(json_object_get(json_array_get(files, 1), "ok")));
	assert_int_equal(json_array_size(errors), 2);
	expect_text_has(json_string_value(json_array_get(errors, 1)), "Wheels");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_files_are_named_with_unit_and_hooks),
		cmocka_unit_test(quiet_check_tells_errors_alone),
		cmocka_unit_test(each_error_of_a_bad_file_has_a_line),
		cmocka_unit_test(missing_file_is_a_bad_file),
		cmocka_unit_test(json_has_an_element_for_each_file),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
