/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/json_text.h"

#include <endian.h>
#include <string.h>

#include "lib/macro.h"
#include "lib/utf8.h"

/* U+FFFD in UTF-8. */
#define REPLACEMENT "\xef\xbf\xbd"

static const char hex_digits[16] = "0123456789abcdef";

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

/* The same byte eight times. */
#define EIGHT(byte) (0x0101010101010101ULL * (byte))

/*
 * Of eight bytes, the first in the lowest place: the lowest bit that is set in the result lies in
 * the first byte that cannot be copied as it is. Subtracting borrows from higher bytes, so bits
 * above that one mean nothing.
 */
static uint64_t find_special(uint64_t bytes)
{
	uint64_t quotes = bytes ^ EIGHT('"');
	uint64_t backslashes = bytes ^ EIGHT('\\');
	uint64_t low = (bytes - EIGHT(0x20)) | (quotes - EIGHT(1)) | (backslashes - EIGHT(1));

	return (low | bytes) & EIGHT(0x80);
}

static bool is_special(uint8_t byte)
{
	return byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\';
}

/* Copies up to the first byte that needs more than that; returns how many it copied. */
static size_t copy_plain(char *out, const char *text, size_t length)
{
	size_t done = 0;

	for (; length - done >= sizeof(uint64_t); done += sizeof(uint64_t)) {
		uint64_t bytes, special;

		memcpy(&bytes, text + done, sizeof(bytes));
		memcpy(out + done, &bytes, sizeof(bytes));
		special = find_special(le64toh(bytes));
		if (special)
			return done + __builtin_ctzll(special) / 8;
	}
	for (; done < length && !is_special(text[done]); done++)
		out[done] = text[done];
	return done;
}

char *json_text(char *out, const void *text, size_t length)
{
	const char *next = text, *end = next + length;

	*out++ = '"';
	for (;;) {
		size_t plain = copy_plain(out, next, end - next);

		out += plain;
		next += plain;
		if (next == end)
			break;
		if ((uint8_t)*next >= 0x80)
			out = put_not_ascii(out, &next, end);
		else
			out = put_escaped(out, *next++);
	}
	*out++ = '"';
	return out;
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
