/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line, without a daemon. */
#include "tests/unit/expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctl/cli.h"
#include "lib/version.h"
#include "tests/support/ctl.h"

/* A folder that does not exist: nobody answers. */
#define NOBODY "--runtime-dir=/nonexistent/ebpfd"

static const char *const verbs[] = {"list",	"status",  "load",   "unload", "reload",
				    "rollback", "history", "events", "reopen", "daemon-reload",
				    "fsck",	"gc",	   "doctor", "check",  "diff",
				    "ping",	"version"};

static void expect_usage(const struct ctl_result *result, const char *part)
{
	assert_int_equal(result->status, 2);
	assert_string_equal(result->out, "");
	expect_text_has(result->err, part);
}

static void help_names_all_verbs_and_options(void **state)
{
	const struct ctl_result *result = ctl_run("--help", NULL);

	(void)state;
	assert_int_equal(result->status, 0);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		expect_text_has(result->out, verbs[i]);
	expect_text_has(result->out, "--runtime-dir");
	expect_text_has(result->out, "--object");
}

static void help_of_a_verb_has_its_options_alone(void **state)
{
	const struct ctl_result *result = ctl_run("reload", "-h", NULL);

	(void)state;
	assert_int_equal(result->status, 0);
	expect_text_has(result->out, "ebpfctl reload [OPTIONS] UNIT\n");
	expect_text_has(result->out, "--object");
	result = ctl_run("load", "--help", NULL);
	expect_text_has(result->out, "--log");
	assert_null(strstr(result->out, "--object"));
	result = ctl_run("--help", "list", NULL);
	expect_text_has(result->out, "ebpfctl list [OPTIONS]\n");
	assert_null(strstr(result->out, "--log"));
}

static void help_of_map_has_its_verbs_alone(void **state)
{
	const struct ctl_result *result = ctl_run("map", "--help", NULL);

	(void)state;
	assert_int_equal(result->status, 0);
	expect_text_has(result->out, "  map list      UNIT ");
	expect_text_has(result->out, "  map delete    UNIT/MAP KEY ");
	expect_text_has(result->out, "--inner KEY");
	assert_null(strstr(result->out, "  reload "));
	assert_null(strstr(result->out, "--object"));
	result = ctl_run("map", "frob", NULL);
	assert_int_equal(result->status, 2);
}

static void version_option_needs_no_daemon(void **state)
{
	const struct ctl_result *result = ctl_run("--version", NULL);

	(void)state;
	assert_int_equal(result->status, 0);
	assert_string_equal(result->out, "ebpfctl " EBPFD_VERSION "\n");
}

static void mistakes_are_named(void **state)
{
	(void)state;
	expect_usage(ctl_run("-q", NULL), "a verb is missing");
	expect_usage(ctl_run("relaod", "fw", NULL), "no such verb: relaod");
	expect_usage(ctl_run("list", "--bogus", NULL), "--bogus");
	expect_usage(ctl_run("list", "-o", "xml", NULL), "-o xml: must be table or json");
	expect_usage(ctl_run("list", "--runtime-dir", NULL), "missing behind --runtime-dir");
}

static void first_mistake_is_the_one_that_is_named(void **state)
{
	(void)state;
	expect_usage(ctl_run("list", "--bogus", "-o", "xml", NULL), "--bogus");
}

static void operands_are_counted(void **state)
{
	(void)state;
	expect_usage(ctl_run("list", "fw", NULL), "list takes no operand");
	expect_usage(ctl_run("reload", NULL), "reload takes UNIT;");
	expect_usage(ctl_run("reload", "a", "b", NULL), "reload takes UNIT;");
	expect_usage(ctl_run("status", "a", "b", NULL), "status takes [UNIT];");
	expect_usage(ctl_run("check", NULL), "check takes FILE...;");
	expect_usage(ctl_run("diff", "a", NULL), "diff takes OLD NEW;");
	expect_usage(ctl_run("verify", NULL), "verify takes OBJECT...;");
	expect_usage(ctl_run("diff", "a", "b", "c", NULL), "diff takes OLD NEW;");
}

static void options_of_other_verbs_are_refused(void **state)
{
	(void)state;
	expect_usage(ctl_run("unload", "fw", "--log", "x", NULL), "--log is not for unload");
	expect_usage(ctl_run("load", "fw", "--object", "x", NULL), "--object is not for load");
	expect_usage(ctl_run("diff", "x", "y", "--against", "z", NULL),
		     "--against is not for diff");
	expect_usage(ctl_run("check", "x", "--loader", "y", NULL), "--units are not for check");
	expect_usage(ctl_run("status", "fw", "-f", NULL), "--filter are not for status");
	expect_usage(ctl_run("map", "set", "fw/m", "1", "2", "--numbers", "string", NULL),
		     "--numbers is not for map set");
	expect_usage(ctl_run("map", "list", "fw", "--per-cpu", NULL),
		     "--per-cpu is not for map list");
	expect_usage(ctl_run("list", "--ready", NULL), "--ready is not for list");
	expect_usage(ctl_run("map", "list", "fw", "--inner", "1", NULL),
		     "--inner is not for map list");
}

static void options_of_events_are_checked(void **state)
{
	(void)state;
	expect_usage(ctl_run("events", "fw", "-n", "some", NULL), "--lines some: must be a number");
	expect_usage(ctl_run("events", "fw", "--generation", "0", NULL), "--generation 0: must be");
	expect_usage(ctl_run("events", "fw", "--numbers", "hex", NULL), "number or string");
}

static void verbs_of_two_words_are_read_as_one(void **state)
{
	(void)state;
	expect_text_has(ctl_run("map", "get", "--help", NULL)->out,
			"ebpfctl map get [OPTIONS] UNIT/MAP KEY");
	expect_usage(ctl_run("map", NULL), "map has list, dump, get, set and delete");
	expect_usage(ctl_run("map", "lists", "fw", NULL),
		     "map has list, dump, get, set and delete");
	expect_usage(ctl_run("map", "get", "fw/m", NULL), "map get takes UNIT/MAP KEY");
	expect_usage(ctl_run("map", "dump", "fw", NULL), "fw: must be UNIT/MAP");
	expect_usage(ctl_run("map", "dump", "fw/", NULL), "fw/: must be UNIT/MAP");
	expect_usage(ctl_run("map", "dump", "FW/m", NULL), "a-z, 0-9, _ and -");
	expect_usage(ctl_run("map", "get", "fw/m", "\xff", NULL), "keys and values must be UTF-8");
}

static void usage_error_is_json_wherever_o_stands(void **state)
{
	const struct ctl_result *result = ctl_run("list", "--bogus", "-o", "json", NULL);

	(void)state;
	assert_int_equal(result->status, 2);
	expect_text_has(result->out, "\"outcome\": \"usage\"");
	assert_string_equal(result->err, "");
}

static void illegal_unit_names_are_refused_with_the_rule(void **state)
{
	static const char *const names[] = {"FW", "a.b", "", "shared", "gone-1", "-a"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		expect_usage(ctl_run("unload", "--", names[i], NULL), "a-z, 0-9, _ and -");
		expect_usage(ctl_run("status", "--", names[i], NULL), "a-z, 0-9, _ and -");
	}
	expect_usage(ctl_run("load", "/tmp/Fire Wall.conf", NULL), "'Fire Wall'");
}

static void no_daemon_is_3_and_names_the_socket(void **state)
{
	const struct ctl_result *result = ctl_run(NOBODY, "list", NULL);

	(void)state;
	assert_int_equal(result->status, 3);
	expect_text_has(result->err, "no daemon answers at /nonexistent/ebpfd/control.sock: start");
	result = ctl_run(NOBODY, "reload", "fw", "-o", "json", NULL);
	assert_int_equal(result->status, 3);
	expect_text_has(result->out, "\"outcome\": \"no-daemon\"");
	assert_string_equal(result->err, "");
}

static void overlong_runtime_directory_is_refused(void **state)
{
	char directory[200];

	(void)state;
	memset(directory, 'x', sizeof(directory) - 1);
	directory[sizeof(directory) - 1] = '\0';
	expect_usage(ctl_run("list", "--runtime-dir", directory, NULL), "too long");
}

static void version_without_a_daemon_is_no_failure(void **state)
{
	const struct ctl_result *result = ctl_run(NOBODY, "version", NULL);

	(void)state;
	assert_int_equal(result->status, 0);
	expect_text_has(result->out, "ebpfctl " EBPFD_VERSION "\n");
	expect_text_has(result->out, "no daemon answers");
	result = ctl_run(NOBODY, "version", "-o", "json", NULL);
	assert_int_equal(result->status, 0);
	expect_text_has(result->out, "\"ebpfd\": null");
}

static void unreadable_files_are_refused_before_the_daemon_is_asked(void **state)
{
	const struct ctl_result *result =
		ctl_run(NOBODY, "reload", "fw", "--object", "/nonexistent/fw.o", NULL);

	(void)state;
	assert_int_equal(result->status, 5);
	assert_string_equal(result->err, "ebpfctl: cannot read /nonexistent/fw.o: "
					 "No such file or directory\n");
	result = ctl_run(NOBODY, "reload", "fw", "--object", "/", NULL);
	assert_int_equal(result->status, 5);
	expect_text_has(result->err, "no regular file");
	result = ctl_run(NOBODY, "load", "/nonexistent/fw.conf", NULL);
	assert_int_equal(result->status, 5);
	expect_text_has(result->err, "No such file");
}

static void log_is_not_emptied_without_a_daemon(void **state)
{
	char path[] = "/tmp/ebpfctl-log-XXXXXX";
	int fd = mkstemp(path);
	off_t length;

	(void)state;
	assert_int_equal(write(fd, "kept", 4), 4);
	assert_int_equal(ctl_run(NOBODY, "load", "fw", "--log", path, NULL)->status, 3);
	length = lseek(fd, 0, SEEK_END);
	close(fd);
	unlink(path);
	assert_int_equal(length, 4);
}

static void result_that_cannot_be_written_is_a_failure(void **state)
{
	char *argv[] = {(char *)"ebpfctl", (char *)"--version", NULL};
	FILE *full = fopen("/dev/full", "w");
	char *text = NULL;
	size_t length;
	FILE *err = open_memstream(&text, &length);

	(void)state;
	assert_non_null(full);
	assert_int_equal(cli_run(2, argv, full, err), 1);
	fclose(full);
	fclose(err);
	expect_text_has(text, "cannot write the result: No space left");
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_names_all_verbs_and_options),
		cmocka_unit_test(help_of_a_verb_has_its_options_alone),
		cmocka_unit_test(help_of_map_has_its_verbs_alone),
		cmocka_unit_test(version_option_needs_no_daemon),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(first_mistake_is_the_one_that_is_named),
		cmocka_unit_test(operands_are_counted),
		cmocka_unit_test(options_of_other_verbs_are_refused),
		cmocka_unit_test(options_of_events_are_checked),
		cmocka_unit_test(verbs_of_two_words_are_read_as_one),
		cmocka_unit_test(usage_error_is_json_wherever_o_stands),
		cmocka_unit_test(illegal_unit_names_are_refused_with_the_rule),
		cmocka_unit_test(no_daemon_is_3_and_names_the_socket),
		cmocka_unit_test(overlong_runtime_directory_is_refused),
		cmocka_unit_test(version_without_a_daemon_is_no_failure),
		cmocka_unit_test(unreadable_files_are_refused_before_the_daemon_is_asked),
		cmocka_unit_test(log_is_not_emptied_without_a_daemon),
		cmocka_unit_test(result_that_cannot_be_written_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
