/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person gets to see of the verifier's and libbpf's words. */
#include "tests/unit/expect.h"

#include <stdio.h>
#include <stdlib.h>

#include <bpf/libbpf.h>

#include "daemon/loader/verifier_log.h"
#include "lib/cleanup.h"

/* The lines behind our own sentence. */
static const char *lines_of(const struct failure *failure)
{
	const char *newline = strchr(failure->text, '\n');

	assert_non_null(newline);
	return newline + 1;
}

static size_t count_lines(const char *text)
{
	size_t count = 1;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static void short_log_is_shown_whole(void **state)
{
	struct failure failure;

	(void)state;
	assert_int_equal(verifier_log_refusal("R1 invalid\nprocessed 3 insns\n", -EACCES, &failure),
			 -EACCES);
	expect_failure(&failure, OUTCOME_REFUSED, "Permission denied");
	expect_text_has(failure.text, "--log FILE");
	assert_string_equal(lines_of(&failure), "R1 invalid\nprocessed 3 insns");
}

static void last_twelve_lines_of_a_long_log_are_shown(void **state)
{
	struct failure failure;
	char log[4096];
	size_t used = 0;

	(void)state;
	for (int i = 1; i <= 100; i++)
		used += (size_t)snprintf(log + used, sizeof(log) - used, "line %d\n", i);
	verifier_log_refusal(log, -EINVAL, &failure);
	assert_int_equal(count_lines(lines_of(&failure)), 12);
	assert_memory_equal(lines_of(&failure), "line 89\n", 8);
	expect_text_has(failure.text, "line 100");
}

/* One endless line must not push our own sentence out. */
static void long_line_is_cut_at_its_front(void **state)
{
	cleanup_free char *log = malloc(100000);
	struct failure failure;

	(void)state;
	memset(log, 'x', 99999);
	memcpy(log + 99999 - 4, "END", 4);
	verifier_log_refusal(log, -EINVAL, &failure);
	assert_true(strlen(failure.text) < FAILURE_TEXT_MAX);
	expect_text_has(failure.text, "the verifier refuses");
	assert_string_equal(failure.text + strlen(failure.text) - 3, "END");
}

static void log_of_newlines_and_empty_log_are_harmless(void **state)
{
	struct failure failure;

	(void)state;
	verifier_log_refusal("\n\n\n", -EINVAL, &failure);
	assert_string_equal(lines_of(&failure), "");
	verifier_log_refusal("", -EINVAL, &failure);
	assert_string_equal(lines_of(&failure), "");
}

/* libbpf complains about data that is no ELF, through the same function as about anything else. */
static void last_warning_of_libbpf_is_kept_without_its_prefix(void **state)
{
	(void)state;
	assert_string_equal(verifier_log_libbpf_message(), "no message");
	verifier_log_capture_libbpf();
	assert_null(bpf_object__open_mem("garbage", 7, NULL));
	assert_string_not_equal(verifier_log_libbpf_message(), "no message");
	assert_null(strstr(verifier_log_libbpf_message(), "libbpf: "));
	assert_null(strchr(verifier_log_libbpf_message(), '\n'));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_log_is_shown_whole),
		cmocka_unit_test(last_twelve_lines_of_a_long_log_are_shown),
		cmocka_unit_test(long_line_is_cut_at_its_front),
		cmocka_unit_test(log_of_newlines_and_empty_log_are_harmless),
		cmocka_unit_test(last_warning_of_libbpf_is_kept_without_its_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
