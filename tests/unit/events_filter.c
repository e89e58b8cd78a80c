/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking into lines, and choosing among them. */
#include "tests/unit/expect.h"

#include <errno.h>

#include "daemon/events/filter.h"
#include "lib/cleanup.h"

#define LINE                                                                                    \
	"{\"unit\":\"fw\",\"cpu\":1,\"comm\":\"a\\\"}b\\\\\",\"cpu\":7,\"list\":[1,{\"x\":2}]," \
	"\"in\":{\"port\":443,\"to\":{\"ok\":true}},\"last\":null}"

static struct line_text text(const char *string)
{
	return (struct line_text){.start = string, .length = strlen(string)};
}

static void members_come_in_order_and_whole(void **state)
{
	static const char *const expected[][2] = {
		{"unit", "\"fw\""},
		{"cpu", "1"},
		{"comm", "\"a\\\"}b\\\\\""},
		{"cpu", "7"},
		{"list", "[1,{\"x\":2}]"},
		{"in", "{\"port\":443,\"to\":{\"ok\":true}}"},
		{"last", "null"},
	};
	struct line_reader reader = line_reader_begin(text(LINE));
	struct line_member member;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_true(line_reader_next(&reader, &member));
		assert_int_equal(member.key.length, strlen(expected[i][0]));
		assert_memory_equal(member.key.start, expected[i][0], member.key.length);
		assert_int_equal(member.value.length, strlen(expected[i][1]));
		assert_memory_equal(member.value.start, expected[i][1], member.value.length);
	}
	assert_false(line_reader_next(&reader, &member));
}

/* Each beginning of a line, in memory of just its size: a sanitizer sees any step beyond. */
static void nothing_is_read_behind_the_end(void **state)
{
	(void)state;
	for (size_t length = 0; length <= strlen(LINE); length++) {
		cleanup_free char *room = malloc(length + 1);
		cleanup_free char *exact = malloc(length ? length : 1);
		struct line_reader reader;
		struct line_member member;

		memcpy(exact, LINE, length);
		reader = line_reader_begin((struct line_text){.start = exact, .length = length});
		while (line_reader_next(&reader, &member))
			if (*member.value.start == '"')
				(void)line_unescape(member.value, room);
	}
}

static void escapes_are_undone(void **state)
{
	char out[64];
	size_t length = line_unescape(text("\"a\\n\\t\\u001b\\\"\\\\\\/\xc3\xa4\""), out);

	(void)state;
	assert_int_equal(length, strlen("a\n\t\x1b\"\\/\xc3\xa4"));
	assert_memory_equal(out, "a\n\t\x1b\"\\/\xc3\xa4", length);
}

static bool matches(char *first, char *second)
{
	CLEANUP(filters_deinit) struct filters filters = {};
	char *texts[] = {first, second, NULL};
	struct failure failure;

	if (filters_init(texts, &filters, &failure) < 0)
		fail_msg("%s", failure.text);
	return filters_match(&filters, text(LINE));
}

static void values_of_all_kinds_match_their_text(void **state)
{
	(void)state;
	assert_true(matches("unit=fw", NULL));
	assert_true(matches("cpu=1", NULL));
	assert_true(matches("comm=a\"}b\\", NULL));
	assert_true(matches("in.port=443", NULL));
	assert_true(matches("in.to.ok=true", NULL));
	assert_true(matches("last=null", NULL));
	assert_true(matches("unit=fw", "in.port=443"));
}

static void others_do_not(void **state)
{
	(void)state;
	assert_false(matches("unit=f", NULL));
	assert_false(matches("unit=fww", NULL));
	assert_false(matches("cpu=7", NULL)); /* the first one counts */
	assert_false(matches("in.port=44", NULL));
	assert_false(matches("port=443", NULL));
	assert_false(matches("in.port.x=443", NULL));
	assert_false(matches("none=", NULL));
	assert_false(matches("unit=fw", "cpu=2"));
}

static void no_filter_lets_all_pass(void **state)
{
	CLEANUP(filters_deinit) struct filters filters = {};

	(void)state;
	assert_int_equal(filters_init(NULL, &filters, NULL), 0);
	assert_true(filters_match(&filters, text(LINE)));
}

static void nonsense_is_refused_and_leaves_nothing(void **state)
{
	static char *const texts[] = {"cpu", "=1", ""};
	struct filters filters = {.count = 77};
	struct failure failure;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char *list[] = {"cpu=1", texts[i], NULL};

		assert_int_equal(filters_init(list, &filters, &failure), -EINVAL);
		expect_failure(&failure, OUTCOME_USAGE, "is no filter; write FIELD=VALUE");
		assert_int_equal(filters.count, 77);
	}
}

static void more_than_the_limit_are_refused(void **state)
{
	char *texts[FILTERS_MAX + 2] = {};
	struct filters filters;
	struct failure failure;

	(void)state;
	for (size_t i = 0; i <= FILTERS_MAX; i++)
		texts[i] = "cpu=1";
	assert_int_equal(filters_init(texts, &filters, &failure), -E2BIG);
	expect_failure(&failure, OUTCOME_USAGE, "17 filters are more than 16");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_come_in_order_and_whole),
		cmocka_unit_test(nothing_is_read_behind_the_end),
		cmocka_unit_test(escapes_are_undone),
		cmocka_unit_test(values_of_all_kinds_match_their_text),
		cmocka_unit_test(others_do_not),
		cmocka_unit_test(no_filter_lets_all_pass),
		cmocka_unit_test(nonsense_is_refused_and_leaves_nothing),
		cmocka_unit_test(more_than_the_limit_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
