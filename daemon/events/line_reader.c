/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/line_reader.h"

#include <stdint.h>
#include <string.h>

/* ---- values --------------------------------------------------------------------------------- */

/* Each returns the end of what begins at `at`, at most `end`. */

static const char *skip_string(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		if (*at == '\\')
			at++;
	return at < end ? at + 1 : end;
}

static const char *skip_plain(const char *at, const char *end)
{
	while (at < end && *at != ',' && *at != '}' && *at != ']')
		at++;
	return at;
}

static const char *skip_nested(const char *at, const char *end)
{
	size_t depth = 0;

	while (at < end) {
		if (*at == '"') {
			at = skip_string(at, end);
			continue;
		}
		if (*at == '{' || *at == '[')
			depth++;
		else if ((*at == '}' || *at == ']') && --depth == 0)
			return at + 1;
		at++;
	}
	return end;
}

static const char *skip_value(const char *at, const char *end)
{
	if (at == end)
		return end;
	if (*at == '"')
		return skip_string(at, end);
	if (*at == '{' || *at == '[')
		return skip_nested(at, end);
	return skip_plain(at, end);
}

/* ---- members -------------------------------------------------------------------------------- */

struct line_reader line_reader_begin(struct line_text text)
{
	const char *end = text.start + text.length;

	if (text.length == 0 || *text.start != '{')
		return (struct line_reader){.next = end, .end = end};
	return (struct line_reader){.next = text.start + 1, .end = end};
}

bool line_reader_next(struct line_reader *reader, struct line_member *ret)
{
	const char *key = reader->next, *key_end, *value, *value_end;

	if (key < reader->end && *key == ',')
		key++;
	if (key >= reader->end || *key != '"')
		return false;
	key_end = skip_string(key, reader->end);
	if (key_end == reader->end || *key_end != ':')
		return false;
	value = key_end + 1;
	value_end = skip_value(value, reader->end);
	ret->key = (struct line_text){.start = key + 1, .length = (size_t)(key_end - key) - 2};
	ret->value = (struct line_text){.start = value, .length = (size_t)(value_end - value)};
	reader->next = value_end;
	return true;
}

static bool find_member(struct line_text text, struct line_text key, struct line_text *ret)
{
	struct line_reader reader = line_reader_begin(text);
	struct line_member member;

	while (line_reader_next(&reader, &member))
		if (member.key.length == key.length &&
		    memcmp(member.key.start, key.start, key.length) == 0) {
			*ret = member.value;
			return true;
		}
	return false;
}

bool line_find(struct line_text text, const char *path, struct line_text *ret)
{
	for (;;) {
		struct line_text key = {.start = path, .length = strcspn(path, ".")};

		if (!find_member(text, key, &text))
			return false;
		path += key.length;
		if (!*path) {
			*ret = text;
			return true;
		}
		path++;
	}
}

/* ---- strings -------------------------------------------------------------------------------- */

static unsigned hex_digit(char digit)
{
	return digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}

/* The encoder escapes controls alone by number; all else is UTF-8 as it is. */
static char escaped_control(const char *digits)
{
	return (char)(hex_digit(digits[2]) << 4 | hex_digit(digits[3]));
}

static char escaped_char(char letter)
{
	switch (letter) {
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return letter;
	}
}

size_t line_unescape(struct line_text value, char *out)
{
	const char *at = value.start + 1, *end = value.start + value.length - 1;
	char *start = out;

	while (at < end) {
		if (*at != '\\' || end - at < 2) {
			*out++ = *at++;
		} else if (at[1] == 'u' && end - at >= 6) {
			*out++ = escaped_control(at + 2);
			at += 6;
		} else {
			*out++ = escaped_char(at[1]);
			at += 2;
		}
	}
	return (size_t)(out - start);
}
