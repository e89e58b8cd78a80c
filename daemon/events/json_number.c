/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/json_text.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEN_TO_8  100000000ULL
#define TEN_TO_16 10000000000000000ULL

#define ASCII_ZEROS 0x3030303030303030ULL

/*
 * The eight digits of a number below 10^8, the first one in the lowest byte: two halves of four
 * digits, then four pairs, then all digits, each step in all lanes of one word at once. The
 * divisions by 100 and 10 are multiplications that are exact below 10,000 and below 100.
 */
static uint64_t eight_digits(uint32_t value)
{
	uint64_t halves = value / 10000 | (uint64_t)(value % 10000) << 32;
	uint64_t hundreds = ((halves * 10486) >> 20) & 0x0000007f0000007fULL;
	uint64_t pairs = hundreds | (halves - 100 * hundreds) << 16;
	uint64_t tens = ((pairs * 103) >> 10) & 0x000f000f000f000fULL;

	return tens | (pairs - 10 * tens) << 8;
}

static void put_word(char *out, uint64_t word)
{
	word = htole64(word);
	memcpy(out, &word, sizeof(word));
}

static char *put_eight(char *out, uint32_t value)
{
	put_word(out, eight_digits(value) | ASCII_ZEROS);
	return out + 8;
}

static char *put_sixteen(char *out, uint64_t value)
{
	return put_eight(put_eight(out, value / TEN_TO_8), value % TEN_TO_8);
}

/* A number below 10^8 without leading zeros. Writes eight bytes whatever it is. */
static char *put_leading(char *out, uint32_t value)
{
	uint64_t digits = eight_digits(value);
	unsigned zeros = __builtin_ctzll(digits | 1ULL << 56) / 8; /* the last digit is shown */

	put_word(out, (digits | ASCII_ZEROS) >> (8 * zeros));
	return out + 8 - zeros;
}

char *json_unsigned(char *out, uint64_t value)
{
	if (value < TEN_TO_8)
		return put_leading(out, value);
	if (value < TEN_TO_16)
		return put_eight(put_leading(out, value / TEN_TO_8), value % TEN_TO_8);
	return put_sixteen(put_leading(out, value / TEN_TO_16), value % TEN_TO_16);
}

char *json_signed(char *out, int64_t value)
{
	if (value >= 0)
		return json_unsigned(out, value);
	*out++ = '-';
	return json_unsigned(out, 0 - (uint64_t)value);
}

char *json_unsigned_128(char *out, unsigned __int128 value)
{
	unsigned __int128 rest = value / TEN_TO_16;

	if (value <= UINT64_MAX)
		return json_unsigned(out, value);
	if (rest <= UINT64_MAX)
		return put_sixteen(json_unsigned(out, rest), value % TEN_TO_16);
	out = put_sixteen(json_unsigned(out, rest / TEN_TO_16), rest % TEN_TO_16);
	return put_sixteen(out, value % TEN_TO_16);
}

char *json_signed_128(char *out, __int128 value)
{
	if (value >= 0)
		return json_unsigned_128(out, value);
	*out++ = '-';
	return json_unsigned_128(out, 0 - (unsigned __int128)value);
}

/* Six digits of a float survive always and nine tell any two apart; of a double, 15 and 17. */
char *json_float(char *out, float value)
{
	char text[JSON_FLOAT_MAX];
	int length = 0;

	if (!__builtin_isfinite(value))
		return json_raw(out, "null", 4);
	for (int digits = 6; digits <= 9; digits++) {
		length = snprintf(text, sizeof(text), "%.*g", digits, (double)value);
		if (strtof(text, NULL) == value)
			break;
	}
	return json_raw(out, text, length);
}

char *json_double(char *out, double value)
{
	char text[JSON_FLOAT_MAX];
	int length = 0;

	if (!__builtin_isfinite(value))
		return json_raw(out, "null", 4);
	for (int digits = 15; digits <= 17; digits++) {
		length = snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return json_raw(out, text, length);
}

char *json_seconds(char *out, uint64_t nanoseconds)
{
	uint32_t fraction = nanoseconds % 1000000000;

	out = json_unsigned(out, nanoseconds / 1000000000);
	*out++ = '.';
	*out++ = '0' + fraction / TEN_TO_8;
	return put_eight(out, fraction % TEN_TO_8);
}

/* The eight hex digits of a number, as text, the first one in the lowest byte. */
static uint64_t eight_hex_digits(uint32_t value)
{
	uint64_t digits = value, is_letter;

	digits = (digits | digits << 16) & 0x0000ffff0000ffffULL;
	digits = (digits | digits << 8) & 0x00ff00ff00ff00ffULL;
	digits = __builtin_bswap64((digits | digits << 4) & 0x0f0f0f0f0f0f0f0fULL);
	is_letter = (digits + 0x0606060606060606ULL) >> 4 & 0x0101010101010101ULL;
	return digits + ASCII_ZEROS + is_letter * ('a' - '0' - 10);
}

static char *put_eight_hex(char *out, uint32_t value)
{
	put_word(out, eight_hex_digits(value));
	return out + 8;
}

/* Without leading zeros. Writes eight bytes whatever the number is. */
static char *put_leading_hex(char *out, uint32_t value)
{
	unsigned zeros = __builtin_clz(value | 1) / 4; /* the last digit is shown */

	put_word(out, eight_hex_digits(value) >> (8 * zeros));
	return out + 8 - zeros;
}

static char *put_hex(char *out, uint64_t value)
{
	if (value <= UINT32_MAX)
		return put_leading_hex(out, value);
	return put_eight_hex(put_leading_hex(out, value >> 32), value);
}

char *json_hex_number(char *out, unsigned __int128 value)
{
	uint64_t high = value >> 64;

	out = json_raw(out, "\"0x", 3);
	if (high > 0)
		out = put_eight_hex(put_eight_hex(put_hex(out, high), value >> 32), value);
	else
		out = put_hex(out, value);
	*out++ = '"';
	return out;
}
