/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/expect.h"

#include "lib/str.h"

static void format_that_fits_is_written(void **state)
{
	char buffer[6];

	(void)state;
	assert_int_equal(str_format(buffer, sizeof(buffer), "%s%d", "abc", 12), 0);
	assert_string_equal(buffer, "abc12");
}

static void format_that_would_be_cut_fails(void **state)
{
	char buffer[5];

	(void)state;
	assert_int_equal(str_format(buffer, sizeof(buffer), "%s", "abcde"), -ENAMETOOLONG);
}

static void words_are_listed_with_commas(void **state)
{
	char list[9] = "";

	(void)state;
	assert_int_equal(str_list_add(list, sizeof(list), "ab"), 0);
	assert_string_equal(list, "ab");
	assert_int_equal(str_list_add(list, sizeof(list), "cdef"), 0);
	assert_string_equal(list, "ab, cdef");
	assert_int_equal(str_list_add(list, sizeof(list), "g"), -ENAMETOOLONG);
}

static void prefix_gives_the_rest(void **state)
{
	const char *rest = NULL;

	(void)state;
	assert_true(str_has_prefix("file:/a", "file:", &rest));
	assert_string_equal(rest, "/a");
}

static void missing_prefix_leaves_the_rest_alone(void **state)
{
	const char *rest = "untouched";

	(void)state;
	assert_false(str_has_prefix("fil", "file:", &rest));
	assert_string_equal(rest, "untouched");
}

static void numbers_are_decimal_or_hexadecimal(void **state)
{
	uint64_t value;

	(void)state;
	assert_int_equal(str_to_u64("0", &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(str_to_u64("18446744073709551615", &value), 0);
	assert_true(value == UINT64_MAX);
	assert_int_equal(str_to_u64("0xff", &value), 0);
	assert_int_equal(value, 255);
}

static void leading_zero_is_decimal(void **state)
{
	uint64_t value;

	(void)state;
	assert_int_equal(str_to_u64("010", &value), 0);
	assert_int_equal(value, 10);
}

static void nonsense_is_no_number(void **state)
{
	static const char *const texts[] = {"", " 1", "+1", "-1", "1 ", "1a", "0x", "x1", "1.5"};
	uint64_t value = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (str_to_u64(texts[i], &value) != -EINVAL)
			fail_msg("'%s' was taken", texts[i]);
	assert_int_equal(value, 7);
}

static void number_beyond_64_bits_is_out_of_range(void **state)
{
	uint64_t value = 7;

	(void)state;
	assert_int_equal(str_to_u64("18446744073709551616", &value), -ERANGE);
	assert_int_equal(value, 7);
}

static void signed_numbers_reach_both_ends(void **state)
{
	int64_t value;

	(void)state;
	assert_int_equal(str_to_s64("-9223372036854775808", &value), 0);
	assert_true(value == INT64_MIN);
	assert_int_equal(str_to_s64("9223372036854775807", &value), 0);
	assert_true(value == INT64_MAX);
	assert_int_equal(str_to_s64("9223372036854775808", &value), -ERANGE);
	assert_int_equal(str_to_s64("-9223372036854775809", &value), -ERANGE);
	assert_int_equal(str_to_s64("--1", &value), -EINVAL);
}

static void booleans_have_four_words_each(void **state)
{
	static const char *const yes[] = {"yes", "true", "1", "on"};
	static const char *const no[] = {"no", "false", "0", "off"};
	bool value;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		assert_int_equal(str_to_bool(yes[i], &value), 0);
		assert_true(value);
		assert_int_equal(str_to_bool(no[i], &value), 0);
		assert_false(value);
	}
	assert_int_equal(str_to_bool("maybe", &value), -EINVAL);
	assert_int_equal(str_to_bool("Yes", &value), -EINVAL);
	assert_int_equal(str_to_bool("", &value), -EINVAL);
}

static void sizes_take_suffixes_of_1024(void **state)
{
	uint64_t value;

	(void)state;
	assert_int_equal(str_to_size("12", &value), 0);
	assert_int_equal(value, 12);
	assert_int_equal(str_to_size("3K", &value), 0);
	assert_int_equal(value, 3072);
	assert_int_equal(str_to_size("512M", &value), 0);
	assert_int_equal(value, 512 << 20);
	assert_int_equal(str_to_size("2G", &value), 0);
	assert_true(value == 2ULL << 30);
	assert_int_equal(str_to_size("2T", &value), -EINVAL);
	assert_int_equal(str_to_size("K", &value), -EINVAL);
}

static void size_that_overflows_is_out_of_range(void **state)
{
	uint64_t value;

	(void)state;
	assert_int_equal(str_to_size("18014398509481984K", &value), -ERANGE);
}

static void times_are_seconds_unless_said_otherwise(void **state)
{
	uint64_t value;

	(void)state;
	assert_int_equal(str_to_usec("30", &value), 0);
	assert_int_equal(value, 30000000);
	assert_int_equal(str_to_usec("250us", &value), 0);
	assert_int_equal(value, 250);
	assert_int_equal(str_to_usec("5ms", &value), 0);
	assert_int_equal(value, 5000);
	assert_int_equal(str_to_usec("2min", &value), 0);
	assert_int_equal(value, 120000000);
	assert_int_equal(str_to_usec("2h", &value), -EINVAL);
}

static void names_have_small_letters_digits_and_dashes(void **state)
{
	(void)state;
	assert_true(name_is_valid("tcp-connect_2"));
	assert_true(name_is_valid("0"));
	assert_false(name_is_valid(""));
	assert_false(name_is_valid("-a"));
	assert_false(name_is_valid("_a"));
	assert_false(name_is_valid("Tcp"));
	assert_false(name_is_valid("a.b"));
	assert_false(name_is_valid("a/b"));
	assert_false(name_is_valid("a b"));
}

static void names_end_at_48_bytes(void **state)
{
	char name[NAME_MAX_LENGTH + 2] = {0};

	(void)state;
	memset(name, 'a', NAME_MAX_LENGTH);
	assert_true(name_is_valid(name));
	name[NAME_MAX_LENGTH] = 'a';
	assert_false(name_is_valid(name));
}

static void names_of_the_root_are_no_units(void **state)
{
	(void)state;
	assert_true(unit_name_is_valid("share"));
	assert_true(unit_name_is_valid("gone"));
	assert_false(unit_name_is_valid("shared"));
	assert_false(unit_name_is_valid("gone-1"));
	assert_false(unit_name_is_valid("../etc"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(format_that_fits_is_written),
		cmocka_unit_test(format_that_would_be_cut_fails),
		cmocka_unit_test(words_are_listed_with_commas),
		cmocka_unit_test(prefix_gives_the_rest),
		cmocka_unit_test(missing_prefix_leaves_the_rest_alone),
		cmocka_unit_test(numbers_are_decimal_or_hexadecimal),
		cmocka_unit_test(leading_zero_is_decimal),
		cmocka_unit_test(nonsense_is_no_number),
		cmocka_unit_test(number_beyond_64_bits_is_out_of_range),
		cmocka_unit_test(signed_numbers_reach_both_ends),
		cmocka_unit_test(booleans_have_four_words_each),
		cmocka_unit_test(sizes_take_suffixes_of_1024),
		cmocka_unit_test(size_that_overflows_is_out_of_range),
		cmocka_unit_test(times_are_seconds_unless_said_otherwise),
		cmocka_unit_test(names_have_small_letters_digits_and_dashes),
		cmocka_unit_test(names_end_at_48_bytes),
		cmocka_unit_test(names_of_the_root_are_no_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
