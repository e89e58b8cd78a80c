/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <stdbool.h>
#include <string.h>

#include "daemon/events/json_text.h"
#include "daemon/events/sink_journal.h"
#include "lib/macro.h"

/* Longer names of fields are refused (systemd, journal_field_valid()). */
#define FIELD_NAME_MAX 64

#define PUT(out, text) json_raw(out, text, sizeof(text) - 1)

/* What a line begins with, in this order; each may be missing. */
static const struct {
	const char *key;
	const char *field;
} heads[] = {
	{"unit", "EBPFD_UNIT"},	  {"generation", "EBPFD_GENERATION"}, {"type", "EBPFD_TYPE"},
	{"cpu", "EBPFD_CPU"},	  {"time", "EBPFD_TIME_NS"},	      {"number", "EBPFD_NUMBER"},
	{"again", "EBPFD_AGAIN"},
};

/*
 * The field's name of the next member. *next_head is the first of `heads` that may still come: a
 * member of the record that is called "time" as well comes behind those.
 */
static char *put_name(struct line_text key, size_t *next_head, char *out)
{
	char *start = out;

	for (size_t i = *next_head; i < ARRAY_SIZE(heads); i++)
		if (strlen(heads[i].key) == key.length &&
		    memcmp(heads[i].key, key.start, key.length) == 0) {
			*next_head = i + 1;
			return json_raw(out, heads[i].field, strlen(heads[i].field));
		}
	*next_head = ARRAY_SIZE(heads);
	out = PUT(out, "EVENT_");
	for (size_t i = 0; i < key.length && out - start < FIELD_NAME_MAX; i++) {
		char letter = key.start[i];

		if (letter >= 'a' && letter <= 'z')
			letter -= 'a' - 'A';
		else if (!(letter >= 'A' && letter <= 'Z') && !(letter >= '0' && letter <= '9'))
			letter = '_';
		*out++ = letter;
	}
	return out;
}

/* A value with a newline in it has its length before it, in the place of the '='. */
static char *put_value(struct line_text value, char *out)
{
	char *start = out + 1;
	uint64_t length;

	if (*value.start == '"')
		length = line_unescape(value, start);
	else
		length = (uint64_t)(json_raw(start, value.start, value.length) - start);
	if (memchr(start, '\n', length)) {
		uint64_t little = htole64(length);

		memmove(start + sizeof(little), start, length);
		memcpy(start, &little, sizeof(little));
		*out = '\n';
		out = start + sizeof(little) + length;
	} else {
		*out = '=';
		out = start + length;
	}
	*out++ = '\n';
	return out;
}

size_t journal_entry(struct line_text line, char *out)
{
	struct line_reader reader = line_reader_begin(line);
	struct line_member member;
	size_t next_head = 0;
	char *start = out;

	out = PUT(out, "MESSAGE=");
	out = json_raw(out, line.start, line.length);
	out = PUT(out, "\nPRIORITY=6\nSYSLOG_IDENTIFIER=ebpfd\n");
	while (line_reader_next(&reader, &member))
		out = put_value(member.value, put_name(member.key, &next_head, out));
	return (size_t)(out - start);
}
