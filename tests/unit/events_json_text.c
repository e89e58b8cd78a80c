/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/expect.h"

#include "daemon/events/json_text.h"

/* What stands between `line` and the end that a function of the module returned. */
#define expect_json(call, expected)                  \
	do {                                         \
		char line[256];                      \
		char *end_ = call;                   \
		*end_ = '\0';                        \
		assert_string_equal(line, expected); \
	} while (0)

#define expect_text(bytes, expected) \
	expect_json(json_text(line, bytes, sizeof(bytes) - 1), expected)

static void plain_text_is_quoted(void **state)
{
	(void)state;
	expect_text("", "\"\"");
	expect_text("curl /etc/hosts \x7f", "\"curl /etc/hosts \x7f\"");
}

static void quotes_and_controls_are_escaped(void **state)
{
	(void)state;
	expect_text("a\"b\\c", "\"a\\\"b\\\\c\"");
	expect_text("\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\"");
	expect_text("\x01\x1f\0", "\"\\u0001\\u001f\\u0000\"");
}

static void utf8_stays(void **state)
{
	(void)state;
	expect_text("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		    "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

static void what_is_not_utf8_is_replaced(void **state)
{
	(void)state;
	expect_text("a\xff"
		    "b",
		    "\"a\xef\xbf\xbd"
		    "b\"");
	/* overlong, a surrogate, cut short */
	expect_text("\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"");
	expect_text("\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	expect_text("\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"");
	expect_text("\xe2\"", "\"\xef\xbf\xbd\\\"\"");
}

static void longest_text_fits_its_bound(void **state)
{
	char text[20], line[JSON_TEXT_MAX(sizeof(text))];

	(void)state;
	memset(text, 1, sizeof(text));
	assert_ptr_equal(json_text(line, text, sizeof(text)), line + sizeof(line));
}

static void numbers_reach_their_limits(void **state)
{
	(void)state;
	expect_json(json_unsigned(line, 0), "0");
	expect_json(json_unsigned(line, UINT64_MAX), "18446744073709551615");
	expect_json(json_signed(line, 42), "42");
	expect_json(json_signed(line, -1), "-1");
	expect_json(json_signed(line, INT64_MIN), "-9223372036854775808");
}

static void hex_is_of_numbers_or_of_bytes(void **state)
{
	(void)state;
	expect_json(json_hex_number(line, 0), "\"0x0\"");
	expect_json(json_hex_number(line, 0xa1b), "\"0xa1b\"");
	expect_json(json_hex_number(line, UINT64_MAX), "\"0xffffffffffffffff\"");
	expect_json(json_hex_bytes(line, "\x00\x0a\xff", 3), "\"000aff\"");
	expect_json(json_hex_bytes(line, "", 0), "\"\"");
}

static void nanoseconds_become_seconds(void **state)
{
	(void)state;
	expect_json(json_seconds(line, 0), "0.000000000");
	expect_json(json_seconds(line, 1500000007), "1.500000007");
	expect_json(json_seconds(line, UINT64_MAX), "18446744073.709551615");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_is_quoted),
		cmocka_unit_test(quotes_and_controls_are_escaped),
		cmocka_unit_test(utf8_stays),
		cmocka_unit_test(what_is_not_utf8_is_replaced),
		cmocka_unit_test(longest_text_fits_its_bound),
		cmocka_unit_test(numbers_reach_their_limits),
		cmocka_unit_test(hex_is_of_numbers_or_of_bytes),
		cmocka_unit_test(nanoseconds_become_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
