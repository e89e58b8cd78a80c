/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/expect.h"

#include <stdbool.h>

#include "lib/utf8.h"

static bool valid(const char *text)
{
	return utf8_is_valid(text, strlen(text));
}

static void characters_of_every_length_are_valid(void **state)
{
	(void)state;
	assert_true(valid(""));
	assert_true(valid("a\x7f"));
	assert_true(valid("\xc2\x80\xdf\xbf"));
	assert_true(valid("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"));
	assert_true(valid("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
}

static void overlong_forms_are_invalid(void **state)
{
	(void)state;
	assert_false(valid("\xc0\x80"));
	assert_false(valid("\xc1\xbf"));
	assert_false(valid("\xe0\x9f\xbf"));
	assert_false(valid("\xf0\x8f\xbf\xbf"));
}

static void surrogates_and_what_lies_beyond_unicode_are_invalid(void **state)
{
	(void)state;
	assert_false(valid("\xed\xa0\x80"));
	assert_false(valid("\xf4\x90\x80\x80"));
	assert_false(valid("\xf5\x80\x80\x80"));
	assert_false(valid("\xff"));
}

static void characters_cut_short_or_without_a_head_are_invalid(void **state)
{
	(void)state;
	assert_false(valid("\x80"));
	assert_false(valid("\xc3"));
	assert_false(valid("\xe2\x82"));
	assert_false(valid("\xe2\x82x"));
	assert_false(valid("\xf0\x9f\x98"));
}

static void partial_character_is_dropped_and_a_whole_one_stays(void **state)
{
	char partial[] = "ab\xe2\x82", whole[] = "ab\xe2\x82\xac", plain[] = "ab", empty[] = "";

	(void)state;
	utf8_drop_partial(partial);
	assert_string_equal(partial, "ab");
	utf8_drop_partial(whole);
	assert_string_equal(whole, "ab\xe2\x82\xac");
	utf8_drop_partial(plain);
	assert_string_equal(plain, "ab");
	utf8_drop_partial(empty);
	assert_string_equal(empty, "");
}

static void each_invalid_byte_becomes_a_question_mark(void **state)
{
	char text[] = "a\xff\xc3\xa4\xc3z";

	(void)state;
	utf8_replace_invalid(text);
	assert_string_equal(text, "a?\xc3\xa4?z");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters_of_every_length_are_valid),
		cmocka_unit_test(overlong_forms_are_invalid),
		cmocka_unit_test(surrogates_and_what_lies_beyond_unicode_are_invalid),
		cmocka_unit_test(characters_cut_short_or_without_a_head_are_invalid),
		cmocka_unit_test(partial_character_is_dropped_and_a_whole_one_stays),
		cmocka_unit_test(each_invalid_byte_becomes_a_question_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
