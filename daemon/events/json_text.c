/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/json_text.h"

#include <string.h>

#include "lib/macro.h"
#include "lib/utf8.h"

/* U+FFFD in UTF-8. */
#define REPLACEMENT "\xef\xbf\xbd"

#define NANOSECONDS_PER_SECOND 1000000000ULL

static const char hex_digits[16] = "0123456789abcdef";

char *json_raw(char *out, const char *text, size_t length)
{
	memcpy(out, text, length);
	return out + length;
}

/* ---- text ----------------------------------------------------------------------------------- */

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
	return byte >= 0x20 && byte != '"' && byte != '\\';
}

static char *put_not_ascii(char *out, const char **text, const char *end)
{
	size_t length = utf8_character_length(*text, end - *text);

	if (length > 0)
		out = json_raw(out, *text, length);
	else
		out = json_raw(out, REPLACEMENT, sizeof(REPLACEMENT) - 1);
	*text += MAX(length, (size_t)1);
	return out;
}

char *json_text(char *out, const void *text, size_t length)
{
	const char *next = text, *end = next + length;

	*out++ = '"';
	while (next < end) {
		uint8_t byte = *next;

		if (byte >= 0x80)
			out = put_not_ascii(out, &next, end);
		else if (is_plain(byte))
			*out++ = *next++;
		else
			out = put_escaped(out, *next++);
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
