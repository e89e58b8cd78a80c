/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ebpfctl diff, with a loader that says what it is told to. */
#include "tests/unit/expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/version.h"
#include "tests/support/ctl.h"

static char folder[] = "/tmp/ebpfctl-diff-XXXXXX";
static char loader[64], old[64], new[64], called[64];

static int make_files(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(loader, sizeof(loader), "%s/loader", folder);
	(void)snprintf(old, sizeof(old), "%s/old.o", folder);
	(void)snprintf(new, sizeof(new), "%s/new.o", folder);
	(void)snprintf(called, sizeof(called), "%s/called", folder);
	return file_replace(old, "old", 3) < 0 || file_replace(new, "new", 3) < 0 ? -1 : 0;
}

static int remove_files(void **state)
{
	(void)state;
	unlink(loader);
	unlink(old);
	unlink(new);
	unlink(called);
	return rmdir(folder);
}

/* The loader becomes a script that leaves its arguments and both files, and ends with `script`. */
static const struct ctl_result *diff_with(const char *script, const char *option)
{
	char text[4096];

	(void)snprintf(text, sizeof(text),
		       "#!/bin/sh\n{ echo \"$@\"; cat <&4; cat <&3; } >%s\n%s\n", called, script);
	assert_int_equal(file_replace(loader, text, strlen(text)), 0);
	assert_int_equal(chmod(loader, 0755), 0);
	return ctl_run("diff", "--loader", loader, old, new, option, NULL);
}

#define REPORT(safe, reasons, rows)                                                            \
	"cat >&5 <<END\n{\"outcome\":\"done\",\"former\":{\"path\":\"a.o\",\"digest\":"        \
	"\"0123456789abcdef\"},\"object\":{\"path\":\"b.o\",\"digest\":\"f0\"},\"safe\":" safe \
	",\"reasons\":[" reasons "],\"programs\":[],\"maps\":[" rows "],\"records\":[]}\nEND"

#define CHANGED                            \
	REPORT("false", "\"map m: gone\"", \
	       "{\"name\":\"m\",\"change\":\"changed\",\"kept\":true,\"changes\":\"x\\u001b\"}")

static void files_and_limits_go_to_the_loader(void **state)
{
	const struct ctl_result *result = diff_with(REPORT("true", "", ""), NULL);
	cleanup_free char *text = NULL;
	char expected[512];
	size_t length;

	(void)state;
	assert_int_equal(result->status, 0);
	assert_int_equal(file_read_path(called, sizeof(expected), &text, &length), 0);
	(void)snprintf(expected, sizeof(expected),
		       EBPFD_VERSION " --diff --former-path %s --object-path %s --object-size-max ",
		       old, new);
	expect_text_has(text, expected);
	expect_text_has(text, "\noldnew");
}

static void tables_for_people(void **state)
{
	const struct ctl_result *result = diff_with(CHANGED, NULL);

	(void)state;
	assert_string_equal(result->out, "a.o (0123456789ab) -> b.o (f0)\n"
					 "     Safe: no\n"
					 "  Reasons: map m: gone\n"
					 "\n"
					 "  MAP  CHANGE   KEPT  CHANGES\n"
					 "  m    changed  yes   x?\n");
	assert_int_equal(result->status, 5);
}

static void quiet_tells_what_is_not_safe_alone(void **state)
{
	(void)state;
	assert_string_equal(diff_with(REPORT("true", "", ""), "-q")->out, "");
	expect_text_has(diff_with(CHANGED, "-q")->out, "map m: gone");
}

static void json_is_what_the_loader_said(void **state)
{
	const struct ctl_result *result = diff_with(CHANGED, "-ojson");

	(void)state;
	assert_int_equal(result->status, 5);
	expect_text_has(result->out, "\"safe\": false");
	expect_text_has(result->out, "\"digest\": \"0123456789abcdef\"");
	assert_string_equal(result->err, "");
}

static void failures_of_the_loader_are_told(void **state)
{
	const struct ctl_result *result = diff_with(
		"echo '{\"outcome\":\"failed\",\"message\":\"new.o: no ELF\"}' >&5; exit 1", NULL);

	(void)state;
	assert_string_equal(result->err, "ebpfctl: new.o: no ELF\n");
	assert_int_equal(result->status, 1);
	result = diff_with("exit 3", NULL);
	expect_text_has(result->err, "ended with status 3 and without a report");
	assert_int_equal(result->status, 1);
	result = diff_with("kill -SEGV $$", NULL);
	expect_text_has(result->err, "died of signal 11");
	assert_int_equal(result->status, 1);
}

static void loader_that_is_not_there_is_a_failure(void **state)
{
	const struct ctl_result *result =
		ctl_run("diff", "--loader", "/nonexistent/loader", old, new, NULL);

	(void)state;
	expect_text_has(result->err, "cannot run the loader \"/nonexistent/loader\"");
	assert_int_equal(result->status, 1);
}

static void files_that_cannot_be_read_are_named(void **state)
{
	(void)state;
	expect_text_has(ctl_run("diff", "/nonexistent/a.o", new, NULL)->err,
			"cannot read /nonexistent/a.o: No such file");
	expect_text_has(ctl_run("diff", old, "/", NULL)->err,
			"cannot read /: it is no regular file");
	assert_int_equal(ctl_run("diff", old, "/", NULL)->status, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_and_limits_go_to_the_loader),
		cmocka_unit_test(tables_for_people),
		cmocka_unit_test(quiet_tells_what_is_not_safe_alone),
		cmocka_unit_test(json_is_what_the_loader_said),
		cmocka_unit_test(failures_of_the_loader_are_told),
		cmocka_unit_test(loader_that_is_not_there_is_a_failure),
		cmocka_unit_test(files_that_cannot_be_read_are_named),
	};

	return cmocka_run_group_tests_name("ctl_diff", tests, make_files, remove_files);
}
