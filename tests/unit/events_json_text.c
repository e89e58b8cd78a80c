/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/expect.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

#include "daemon/events/json_text.h"
#include "lib/macro.h"

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

/* Eight bytes are looked at at once: each special one at each place among them. */
static void special_bytes_are_found_anywhere(void **state)
{
	static const struct {
		char byte;
		const char *expected;
	} cases[] = {{'"', "\\\""},
		     {'\\', "\\\\"},
		     {'\0', "\\u0000"},
		     {31, "\\u001f"},
		     {'\xff', "\xef\xbf\xbd"},
		     {' ', " "},
		     {'!', "!"},
		     {'#', "#"},
		     {'[', "["},
		     {']', "]"},
		     {127, "\x7f"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t at = 0; at < 19; at++) {
			char text[19], expected[64];

			memset(text, 'x', sizeof(text));
			text[at] = cases[i].byte;
			(void)snprintf(expected, sizeof(expected), "\"%.*s%s%.*s\"", (int)at, text,
				       cases[i].expected, (int)(18 - at), text + at + 1);
			expect_json(json_text(line, text, sizeof(text)), expected);
		}
}

static void longest_text_fits_its_bound(void **state)
{
	char text[20], line[JSON_TEXT_MAX(sizeof(text)) + JSON_SLACK];

	(void)state;
	memset(text, 1, sizeof(text));
	assert_ptr_equal(json_text(line, text, sizeof(text)), line + JSON_TEXT_MAX(sizeof(text)));
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

/* At each number of digits, and where the next one begins. */
static void numbers_of_all_lengths_are_those_of_printf(void **state)
{
	char expected[64];

	(void)state;
	for (uint64_t power = 1, last = 0; power > last; last = power, power *= 10)
		for (uint64_t value = power - 1; value <= power + 1; value++) {
			(void)snprintf(expected, sizeof(expected), "%llu",
				       (unsigned long long)value);
			expect_json(json_unsigned(line, value), expected);
		}
	/* All groups of four digits. */
	for (uint32_t value = 0; value < 10000; value++) {
		uint64_t number = 1234ULL * 100000000 + value * 10000 + (9999 - value);

		(void)snprintf(expected, sizeof(expected), "%llu", (unsigned long long)number);
		expect_json(json_unsigned(line, number), expected);
	}
}

static void numbers_of_128_bits_reach_their_limits(void **state)
{
	unsigned __int128 one = 1;

	(void)state;
	expect_json(json_unsigned_128(line, 0), "0");
	expect_json(json_unsigned_128(line, one << 64), "18446744073709551616");
	expect_json(json_unsigned_128(line, ~(one - one)),
		    "340282366920938463463374607431768211455");
	expect_json(json_unsigned_128(line, one * 10000000000000000000ULL * 10),
		    "100000000000000000000");
	expect_json(json_signed_128(line, -1), "-1");
	expect_json(json_signed_128(line, (__int128)(one << 127)),
		    "-170141183460469231731687303715884105728");
}

static void floats_are_as_short_as_they_can_be(void **state)
{
	(void)state;
	expect_json(json_float(line, 0.1F), "0.1");
	expect_json(json_float(line, 16777216.0F), "16777216");
	expect_json(json_double(line, 0.1), "0.1");
	expect_json(json_double(line, 0.1 + 0.2), "0.30000000000000004");
	expect_json(json_double(line, -2.2250738585072014e-308), "-2.2250738585072014e-308");
	expect_json(json_double(line, -__builtin_inf()), "null");
	expect_json(json_float(line, __builtin_nanf("")), "null");
}

/* Groups of zeros at all places: the longest run, the first of two, none of one alone. */
static void addresses_are_those_of_inet_ntop(void **state)
{
	uint8_t address[16];
	char text[INET6_ADDRSTRLEN], expected[64];

	(void)state;
	for (unsigned zeros = 0; zeros < 256; zeros++)
		for (unsigned filler = 0; filler < 3; filler++) {
			for (unsigned i = 0; i < 8; i++) {
				static const uint16_t fillers[] = {0xffff, 0x1, 0xab0};
				uint16_t group = zeros & 1 << i ? 0 : htons(fillers[filler]);

				memcpy(address + 2 * i, &group, 2);
			}
			(void)snprintf(expected, sizeof(expected), "\"%s\"",
				       inet_ntop(AF_INET6, address, text, sizeof(text)));
			expect_json(json_ip6(line, address), expected);
		}
	for (unsigned value = 0; value < 256; value++) {
		memset(address, value, 4);
		(void)snprintf(expected, sizeof(expected), "\"%u.%u.%u.%u\"", value, value, value,
			       value);
		expect_json(json_ip4(line, address), expected);
	}
	expect_json(json_mac(line, "\x02\x00\x00\x00\xab\xff"), "\"02:00:00:00:ab:ff\"");
}

/* Each digit at each place, with and without letters, and where the next length begins. */
static void hex_of_all_lengths_is_that_of_printf(void **state)
{
	char expected[64];

	(void)state;
	for (unsigned shift = 0; shift < 64; shift += 4)
		for (uint64_t digit = 0; digit < 16; digit++)
			for (int below = -1; below <= 1; below++) {
				uint64_t value = (digit << shift) + (uint64_t)below;

				(void)snprintf(expected, sizeof(expected), "\"0x%" PRIx64 "\"",
					       value);
				expect_json(json_hex_number(line, value), expected);
			}
	for (unsigned shift = 64; shift < 128; shift += 4) {
		unsigned __int128 value = (unsigned __int128)0xa << shift | 0x9fULL << 30;

		(void)snprintf(expected, sizeof(expected), "\"0x%" PRIx64 "%016llx\"",
			       (uint64_t)(value >> 64), 0x9fULL << 30);
		expect_json(json_hex_number(line, value), expected);
	}
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
		cmocka_unit_test(special_bytes_are_found_anywhere),
		cmocka_unit_test(longest_text_fits_its_bound),
		cmocka_unit_test(numbers_reach_their_limits),
		cmocka_unit_test(numbers_of_all_lengths_are_those_of_printf),
		cmocka_unit_test(numbers_of_128_bits_reach_their_limits),
		cmocka_unit_test(floats_are_as_short_as_they_can_be),
		cmocka_unit_test(addresses_are_those_of_inet_ntop),
		cmocka_unit_test(hex_of_all_lengths_is_that_of_printf),
		cmocka_unit_test(hex_is_of_numbers_or_of_bytes),
		cmocka_unit_test(nanoseconds_become_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
