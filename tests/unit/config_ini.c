/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/expect.h"

#include "config/ini.h"
#include "lib/cleanup.h"
#include "lib/str.h"

/* What the visitor was told, one line each: "3 [Hook connect]", "4 Program=f". */
struct heard {
	char text[4096];
	int answer; /* what the visitor returns */
	unsigned lines;
	struct failure failure;
	int result; /* of the report */
};

static void hear(struct heard *heard, const char *line)
{
	strncat(heard->text, line, sizeof(heard->text) - strlen(heard->text) - 1);
}

static int hear_section(void *userdata, const char *type, const char *name, unsigned line)
{
	struct heard *heard = userdata;
	char text[256];

	assert_int_equal(str_format(text, sizeof(text), "%u [%s|%s]\n", line, type, name), 0);
	hear(heard, text);
	return heard->answer;
}

static int hear_key(void *userdata, const char *key, const char *value, unsigned line)
{
	struct heard *heard = userdata;
	char text[512];

	assert_int_equal(str_format(text, sizeof(text), "%u %s=%s\n", line, key, value), 0);
	hear(heard, text);
	return heard->answer;
}

static int read_bytes(struct heard *heard, const char *text, size_t length)
{
	static const struct ini_visitor visitor = {.section = hear_section, .key = hear_key};
	CLEANUP(config_errors_deinit) struct config_errors errors = {0};
	int err = ini_text_read(text, length, &visitor, heard, &errors, &heard->lines);

	heard->result = config_errors_report(&errors, "/a.conf", &heard->failure);
	return err;
}

static void read_string(struct heard *heard, const char *text)
{
	assert_int_equal(read_bytes(heard, text, strlen(text)), 0);
}

static void expect_heard(const char *text, const char *expected)
{
	struct heard heard = {0};

	read_string(&heard, text);
	if (heard.result < 0)
		fail_msg("%s", heard.failure.text);
	assert_string_equal(heard.text, expected);
}

static void expect_error(const char *text, const char *error)
{
	struct heard heard = {0};

	read_string(&heard, text);
	assert_int_equal(heard.result, -EINVAL);
	assert_int_equal(heard.failure.outcome, OUTCOME_FAILED);
	assert_string_equal(heard.failure.text, error);
}

static void keys_come_with_their_lines(void **state)
{
	(void)state;
	expect_heard("[A]\n\nx=1\n# comment\ny = 2 \n", "1 [A|]\n3 x=1\n5 y=2\n");
}

static void empty_sections_are_told(void **state)
{
	(void)state;
	expect_heard("[A]\n[B c]\n[D]", "1 [A|]\n2 [B|c]\n3 [D|]\n");
}

static void names_of_sections_lose_their_blanks(void **state)
{
	(void)state;
	expect_heard("[ Hook \t connect ]\n", "1 [Hook|connect]\n");
}

static void comments_start_lines_or_follow_a_blank(void **state)
{
	(void)state;
	expect_heard("; a\n#b\n  ; c\n[A] ; d\nx=1 ; e\ny=1;2\nz=a#b\n",
		     "4 [A|]\n5 x=1\n6 y=1;2\n7 z=a#b\n");
}

static void last_line_needs_no_newline(void **state)
{
	(void)state;
	expect_heard("[A]\nx=1", "1 [A|]\n2 x=1\n");
}

static void lines_may_end_with_cr_lf(void **state)
{
	(void)state;
	expect_heard("[A]\r\nx=1\r\n\r\n", "1 [A|]\n2 x=1\n");
}

static void byte_order_mark_is_skipped(void **state)
{
	(void)state;
	expect_heard("\xef\xbb\xbf[A]\nx=1\n", "1 [A|]\n2 x=1\n");
}

static void empty_value_is_a_value(void **state)
{
	(void)state;
	expect_heard("[A]\nx=\n", "1 [A|]\n2 x=\n");
}

static void value_may_hold_equal_signs_and_utf8(void **state)
{
	(void)state;
	expect_heard("[A]\nx=a=b:c\ny=gr\xc3\xb6\xc3\x9f"
		     "e\n",
		     "1 [A|]\n2 x=a=b:c\n3 y=gr\xc3\xb6\xc3\x9f"
		     "e\n");
}

static void lines_are_counted(void **state)
{
	static const struct {
		const char *text;
		unsigned lines;
	} cases[] = {{"", 1}, {"\n", 1}, {"[A]", 1}, {"[A]\n", 1}, {"[A]\n\n\n", 3}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct heard heard = {0};

		read_string(&heard, cases[i].text);
		assert_int_equal(heard.lines, cases[i].lines);
	}
}

static void line_of_199_bytes_is_read_whole(void **state)
{
	struct heard heard = {0};
	char text[256], *tail;

	(void)state;
	assert_int_equal(str_format(text, sizeof(text), "[A]\nx=%0197d\ny=1\n", 7), 0);
	read_string(&heard, text);
	assert_int_equal(heard.result, 0);
	tail = strstr(heard.text, "7\n3 y=1\n");
	assert_non_null(tail);
	assert_int_equal(tail - heard.text, strlen("1 [A|]\n2 x=") + 196);
}

static void line_of_200_bytes_is_refused(void **state)
{
	struct heard heard = {0};
	char text[256];

	(void)state;
	assert_int_equal(str_format(text, sizeof(text), "[A]\nx=%0198d\ny=1\n", 7), 0);
	read_string(&heard, text);
	assert_int_equal(heard.result, -EINVAL);
	assert_string_equal(heard.failure.text,
			    "/a.conf:2: the line has 200 bytes; at most 199 are allowed");
	assert_string_equal(heard.text, "1 [A|]\n3 y=1\n");
}

static void names_over_48_bytes_are_refused(void **state)
{
	struct heard heard = {0};
	char text[512];

	(void)state;
	assert_int_equal(str_format(text, sizeof(text),
				    "[A %048d]\n%048d=1\n[B %049d]\n[C]\n%049d=1\n", 1, 2, 3, 4),
			 0);
	read_string(&heard, text);
	assert_int_equal(heard.result, -EINVAL);
	assert_string_equal(heard.failure.text,
			    "/a.conf:3: a name in the section header has more than 48 bytes\n"
			    "/a.conf:5: the key has more than 48 bytes");
}

/* inih by itself would hand " y=2" on as a further value of x. */
static void indented_line_is_refused(void **state)
{
	struct heard heard = {0};

	(void)state;
	read_string(&heard, "[A]\nx=1\n y=2\n\tgo on\nz=3\n");
	assert_string_equal(heard.text, "1 [A|]\n2 x=1\n5 z=3\n");
	expect_text_has(heard.failure.text, "/a.conf:3: the line is indented");
	expect_text_has(heard.failure.text, "/a.conf:4: the line is indented");
}

static void nul_byte_is_refused(void **state)
{
	static const char text[] = "[A]\nx=1\0z\ny=2\n";
	struct heard heard = {0};

	(void)state;
	assert_int_equal(read_bytes(&heard, text, sizeof(text) - 1), 0);
	assert_string_equal(heard.text, "1 [A|]\n3 y=2\n");
	assert_string_equal(heard.failure.text, "/a.conf:2: control character 0x00 at byte 4; "
						"the file must be text");
}

static void control_characters_are_refused(void **state)
{
	(void)state;
	expect_error("[A]\nx=\x1b[31m\n",
		     "/a.conf:2: control character 0x1b at byte 3; the file must be text");
	expect_error("[A]\nx=a\rb\n",
		     "/a.conf:2: control character 0x0d at byte 4; the file must be text");
}

static void invalid_utf8_is_refused(void **state)
{
	(void)state;
	expect_error("[A]\nx=\xff\n", "/a.conf:2: the line is not valid UTF-8");
}

static void line_that_is_neither_key_nor_section_is_refused(void **state)
{
	(void)state;
	expect_error("[A]\nnonsense\nx=1\nmore", "/a.conf:2: neither KEY=VALUE nor a [SECTION]\n"
						 "/a.conf:4: neither KEY=VALUE nor a [SECTION]");
}

static void key_before_the_first_section_is_refused(void **state)
{
	(void)state;
	expect_error("x=1\n[A]\n", "/a.conf:1: x= stands before the first [SECTION]");
}

static void value_without_a_key_is_refused(void **state)
{
	(void)state;
	expect_error("[A]\n=1\n", "/a.conf:2: there is no key before '='");
}

static void bad_headers_are_refused_and_their_keys_skipped(void **state)
{
	struct heard heard = {0};

	(void)state;
	read_string(&heard, "[A\nx=1\n[]\ny=1\n[B] z=1\nu=1\n[C]\nv=1\n");
	assert_string_equal(heard.text, "7 [C|]\n8 v=1\n");
	assert_string_equal(
		heard.failure.text,
		"/a.conf:1: the section header has no ']'\n"
		"/a.conf:3: the section header is empty\n"
		"/a.conf:5: text behind the section header; keys begin on the next line");
}

static void visitor_ends_the_reading(void **state)
{
	struct heard heard = {.answer = -ENOMEM};

	(void)state;
	assert_int_equal(read_bytes(&heard, "[A]\nx=1\n[B]\n", 12), -ENOMEM);
	assert_string_equal(heard.text, "1 [A|]\n");
}

static void errors_are_sorted_by_line(void **state)
{
	CLEANUP(config_errors_deinit) struct config_errors errors = {0};
	struct failure failure;

	(void)state;
	config_errors_add(&errors, 9, "c");
	config_errors_add(&errors, 2, "a");
	config_errors_add(&errors, 2, "b");
	assert_int_equal(config_errors_report(&errors, "f", &failure), -EINVAL);
	assert_string_equal(failure.text, "f:2: a\nf:2: b\nf:9: c");
}

static void errors_that_do_not_fit_are_mentioned(void **state)
{
	CLEANUP(config_errors_deinit) struct config_errors errors = {0};
	struct failure failure;

	(void)state;
	for (unsigned line = 1; line <= 2 * CONFIG_ERRORS_MAX; line++)
		config_errors_add(&errors, line, "%0100d", 1);
	assert_int_equal(config_errors_report(&errors, "f", &failure), -EINVAL);
	expect_text_has(failure.text, "f:1: 00");
	expect_text_has(failure.text, "1\n(more errors follow; mend these first)");
}

static void no_errors_are_no_failure(void **state)
{
	struct config_errors errors = {0};
	struct failure failure = {.text = "untouched"};

	(void)state;
	assert_int_equal(config_errors_report(&errors, "f", &failure), 0);
	assert_string_equal(failure.text, "untouched");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_come_with_their_lines),
		cmocka_unit_test(empty_sections_are_told),
		cmocka_unit_test(names_of_sections_lose_their_blanks),
		cmocka_unit_test(comments_start_lines_or_follow_a_blank),
		cmocka_unit_test(last_line_needs_no_newline),
		cmocka_unit_test(lines_may_end_with_cr_lf),
		cmocka_unit_test(byte_order_mark_is_skipped),
		cmocka_unit_test(empty_value_is_a_value),
		cmocka_unit_test(value_may_hold_equal_signs_and_utf8),
		cmocka_unit_test(lines_are_counted),
		cmocka_unit_test(line_of_199_bytes_is_read_whole),
		cmocka_unit_test(line_of_200_bytes_is_refused),
		cmocka_unit_test(names_over_48_bytes_are_refused),
		cmocka_unit_test(indented_line_is_refused),
		cmocka_unit_test(nul_byte_is_refused),
		cmocka_unit_test(control_characters_are_refused),
		cmocka_unit_test(invalid_utf8_is_refused),
		cmocka_unit_test(line_that_is_neither_key_nor_section_is_refused),
		cmocka_unit_test(key_before_the_first_section_is_refused),
		cmocka_unit_test(value_without_a_key_is_refused),
		cmocka_unit_test(bad_headers_are_refused_and_their_keys_skipped),
		cmocka_unit_test(visitor_ends_the_reading),
		cmocka_unit_test(errors_are_sorted_by_line),
		cmocka_unit_test(errors_that_do_not_fit_are_mentioned),
		cmocka_unit_test(no_errors_are_no_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
