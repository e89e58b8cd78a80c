/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/json_text.h"

#include <string.h>

#define NANOSECONDS_PER_SECOND 1000000000ULL

static const char hex_digits[16] = "0123456789abcdef";

char *json_raw(char *out, const char *text, size_t length)
{
	memcpy(out, text, length);
	return out + length;
}

/* ---- text ----------------------------------------------------------------------------------- */

/* What may follow the first byte of a character: RFC 3629, section 4. */
struct utf8_lead {
	uint8_t first, last; /* bytes that begin such characters */
	uint8_t low, high;   /* range of the second byte; of all others it is 80 to BF */
	uint8_t length;
};

static const struct utf8_lead utf8_leads[] = {
	{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
	{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
	{0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static const struct utf8_lead *utf8_lead_of(uint8_t byte)
{
	for (size_t i = 0; i < sizeof(utf8_leads) / sizeof(utf8_leads[0]); i++)
		if (byte >= utf8_leads[i].first && byte <= utf8_leads[i].last)
			return &utf8_leads[i];
	return NULL;
}

/*
 * Length of the character at `text`, which has no ASCII byte there; at least 1. *ret_valid says
 * whether it is whole; if not, the length is that of its longest possible beginning.
 */
static size_t utf8_length(const uint8_t *text, size_t length, bool *ret_valid)
{
	const struct utf8_lead *lead = utf8_lead_of(text[0]);
	size_t i;

	*ret_valid = false;
	if (!lead)
		return 1;
	for (i = 1; i < lead->length && i < length; i++) {
		uint8_t low = i == 1 ? lead->low : 0x80;
		uint8_t high = i == 1 ? lead->high : 0xbf;

		if (text[i] < low || text[i] > high)
			return i;
	}
	*ret_valid = i == lead->length;
	return i;
}

static char *put_escaped(char *out, uint8_t byte)
{
	static const char names[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
				     ['\r'] = 'r', ['"'] = '"',	 ['\\'] = '\\'};

	*out++ = '\\';
	if (byte < sizeof(names) && names[byte]) {
		*out++ = names[byte];
		return out;
	}
	out = json_raw(out, "u00", 3);
	*out++ = hex_digits[byte >> 4];
	*out++ = hex_digits[byte & 15];
	return out;
}

static bool is_plain(uint8_t byte)
{
	return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

char *json_text(char *out, const void *text, size_t length)
{
	const uint8_t *next = text, *end = next + length;

	*out++ = '"';
	while (next < end) {
		bool valid;
		size_t step;

		if (is_plain(*next)) {
			*out++ = *next++;
			continue;
		}
		if (*next < 0x80) {
			out = put_escaped(out, *next++);
			continue;
		}
		step = utf8_length(next, end - next, &valid);
		out = valid ? json_raw(out, (const char *)next, step)
			    : json_raw(out, "\xef\xbf\xbd", 3);
		next += step;
	}
	*out++ = '"';
	return out;
}

/* ---- numbers -------------------------------------------------------------------------------- */

/* Writes the digits of `value` so that they end before `end`; returns where they begin. */
static char *digits_before(char *end, uint64_t value)
{
	do
		*--end = '0' + value % 10;
	while (value /= 10);
	return end;
}

char *json_unsigned(char *out, uint64_t value)
{
	char digits[JSON_NUMBER_MAX];
	char *end = digits + sizeof(digits);
	char *start = digits_before(end, value);

	return json_raw(out, start, end - start);
}

char *json_signed(char *out, int64_t value)
{
	if (value >= 0)
		return json_unsigned(out, value);
	*out++ = '-';
	return json_unsigned(out, 0 - (uint64_t)value);
}

char *json_seconds(char *out, uint64_t nanoseconds)
{
	char fraction[10] = ".000000000";

	digits_before(fraction + sizeof(fraction), nanoseconds % NANOSECONDS_PER_SECOND);
	out = json_unsigned(out, nanoseconds / NANOSECONDS_PER_SECOND);
	return json_raw(out, fraction, sizeof(fraction));
}

char *json_hex_bytes(char *out, const void *bytes, size_t length)
{
	const uint8_t *next = bytes, *end = next + length;

	*out++ = '"';
	for (; next < end; next++) {
		*out++ = hex_digits[*next >> 4];
		*out++ = hex_digits[*next & 15];
	}
	*out++ = '"';
	return out;
}

char *json_hex_number(char *out, uint64_t value)
{
	char digits[16];
	char *end = digits + sizeof(digits), *start = end;

	do
		*--start = hex_digits[value & 15];
	while (value >>= 4);
	out = json_raw(out, "\"0x", 3);
	out = json_raw(out, start, end - start);
	*out++ = '"';
	return out;
}
