/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/expect.h"

#include "config/words.h"

static void distance_counts_edits_without_regard_to_case(void **state)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} cases[] = {{"", "", 0},      {"Keep", "keep", 0},	{"abc", "ab", 1},
		     {"ab", "abc", 1}, {"abc", "abd", 1},	{"abcd", "abdc", 1},
		     {"", "ab", 2},    {"kitten", "sitting", 3}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(word_distance(cases[i].a, cases[i].b, 9), cases[i].distance);
}

static void distance_stops_one_above_the_limit(void **state)
{
	(void)state;
	assert_int_equal(word_distance("kitten", "sitting", 2), 3);
	assert_int_equal(word_distance("kitten", "nothing like it", 2), 3);
}

static void words_of_any_length_can_be_compared(void **state)
{
	static char longest[1000];

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	assert_int_equal(word_distance(longest, "a", 2), 3);
	assert_int_equal(word_distance("a", longest, 2), 3);
	longest[64] = '\0';
	assert_int_equal(word_distance(longest, longest, 2), 0);
}

static void nearest_candidate_wins(void **state)
{
	struct word_guess guess = {.typed = "Kep"};

	(void)state;
	word_guess_consider(&guess, "Shared");
	assert_null(guess.best);
	word_guess_consider(&guess, "Heap");
	assert_string_equal(guess.best, "Heap");
	word_guess_consider(&guess, "Keep");
	assert_string_equal(guess.best, "Keep");
	word_guess_consider(&guess, "Help");
	assert_string_equal(guess.best, "Keep");
}

static void short_words_are_not_guessed_from_nothing(void **state)
{
	struct word_guess guess = {.typed = "xy"};

	(void)state;
	word_guess_consider(&guess, "tc");
	assert_null(guess.best);
}

static void identifiers_are_those_of_c(void **state)
{
	(void)state;
	assert_true(identifier_is_valid("_a9"));
	assert_true(identifier_is_valid("A"));
	assert_false(identifier_is_valid(""));
	assert_false(identifier_is_valid("9a"));
	assert_false(identifier_is_valid("a.b"));
	assert_false(identifier_is_valid("\xc3\xb6"));
}

static void member_paths_are_identifiers_with_dots(void **state)
{
	(void)state;
	assert_true(member_path_is_valid("a"));
	assert_true(member_path_is_valid("a_1.b2.c"));
	assert_false(member_path_is_valid(""));
	assert_false(member_path_is_valid(".a"));
	assert_false(member_path_is_valid("a."));
	assert_false(member_path_is_valid("a..b"));
	assert_false(member_path_is_valid("a.9"));
	assert_false(member_path_is_valid("a b"));
}

static void clean_paths_have_no_empty_or_dotted_parts(void **state)
{
	(void)state;
	assert_true(absolute_path_is_clean("/a"));
	assert_true(absolute_path_is_clean("/a/.b/c..d"));
	assert_false(absolute_path_is_clean(""));
	assert_false(absolute_path_is_clean("a"));
	assert_false(absolute_path_is_clean("/"));
	assert_false(absolute_path_is_clean("/a/"));
	assert_false(absolute_path_is_clean("/a//b"));
	assert_false(absolute_path_is_clean("/a/./b"));
	assert_false(absolute_path_is_clean("/a/.."));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(distance_counts_edits_without_regard_to_case),
		cmocka_unit_test(distance_stops_one_above_the_limit),
		cmocka_unit_test(words_of_any_length_can_be_compared),
		cmocka_unit_test(nearest_candidate_wins),
		cmocka_unit_test(short_words_are_not_guessed_from_nothing),
		cmocka_unit_test(identifiers_are_those_of_c),
		cmocka_unit_test(member_paths_are_identifiers_with_dots),
		cmocka_unit_test(clean_paths_have_no_empty_or_dotted_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
