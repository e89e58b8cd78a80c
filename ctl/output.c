/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/output.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/clock.h"
#include "lib/macro.h"
#include "lib/utf8.h"

#define DIGEST_SHOWN  12
#define USEC_PER_MSEC UINT64_C(1000)
#define USEC_PER_SEC  UINT64_C(1000000)

void output_json(FILE *out, const json_t *value)
{
	json_dumpf(value, out, JSON_INDENT(2) | JSON_ENCODE_ANY);
	putc('\n', out);
}

/* U+0080 to U+009F steer some terminals as well; in UTF-8 they are 0xc2 and one byte. */
static bool is_late_control(const unsigned char *at)
{
	return at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f;
}

void output_text(FILE *out, const char *text)
{
	for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
		bool late = is_late_control(at);
		bool early = (*at < 0x20 && *at != '\n' && *at != '\t') || *at == 0x7f;

		putc(early || late ? '?' : *at, out);
		at += late;
	}
}

void output_span(FILE *out, uint64_t usec)
{
	uint64_t sec = usec / USEC_PER_SEC;

	if (usec < USEC_PER_MSEC)
		fprintf(out, "%" PRIu64 " us", usec);
	else if (sec < 1)
		fprintf(out, "%.1f ms", (double)usec / USEC_PER_MSEC);
	else if (sec < 60)
		fprintf(out, "%.2f s", (double)usec / USEC_PER_SEC);
	else if (sec < 3600)
		fprintf(out, "%" PRIu64 "min %" PRIu64 "s", sec / 60, sec % 60);
	else if (sec < 86400)
		fprintf(out, "%" PRIu64 "h %" PRIu64 "min", sec / 3600, sec / 60 % 60);
	else
		fprintf(out, "%" PRIu64 "d %" PRIu64 "h", sec / 86400, sec / 3600 % 24);
}

static void write_list(FILE *out, const json_t *list, const char *separator)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		fputs(i ? separator : "", out);
		output_value(out, json_array_get(list, i), OUTPUT_TEXT);
	}
}

static void write_members(FILE *out, const json_t *object)
{
	const char *separator = "";
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)object, key, value) {
		fputs(separator, out);
		output_text(out, key);
		putc('=', out);
		output_value(out, value, OUTPUT_TEXT);
		separator = " ";
	}
}

static void write_any(FILE *out, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		output_text(out, json_string_value(value));
		break;
	case JSON_INTEGER:
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		fprintf(out, "%g", json_real_value(value));
		break;
	case JSON_TRUE:
		fputs("yes", out);
		break;
	case JSON_FALSE:
		fputs("no", out);
		break;
	case JSON_ARRAY:
		write_list(out, value, " ");
		break;
	case JSON_OBJECT:
		write_members(out, value);
		break;
	case JSON_NULL:
		putc('-', out);
		break;
	}
}

static void write_time(FILE *out, const json_t *value)
{
	time_t when = json_integer_value(value) / USEC_PER_SEC;
	char text[sizeof("-2147483648-12-31 23:59:59")];
	struct tm parts;

	if (!localtime_r(&when, &parts) ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts) == 0)
		write_any(out, value);
	else
		fputs(text, out);
}

static void write_since(FILE *out, const json_t *value)
{
	json_int_t when = json_integer_value(value);
	json_int_t now = (json_int_t)clock_now_usec(CLOCK_REALTIME);

	write_time(out, value);
	if (when > now)
		return;
	fputs(" (", out);
	output_span(out, now - when);
	fputs(" ago)", out);
}

static void write_side(FILE *out, const json_t *side)
{
	bool none = !side || json_is_null(side) ||
		    (json_is_integer(side) && json_integer_value(side) == 0);

	if (none)
		fputs("none", out);
	else
		write_any(out, side);
}

static void write_change(FILE *out, const json_t *change)
{
	write_side(out, json_object_get(change, "before"));
	fputs(" -> ", out);
	write_side(out, json_object_get(change, "after"));
}

static void write_phases(FILE *out, const json_t *phases)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < json_array_size(phases); i++) {
		const json_t *phase = json_array_get(phases, i);
		uint64_t usec = json_integer_value(json_object_get(phase, "usec"));

		output_value(out, json_object_get(phase, "phase"), OUTPUT_TEXT);
		putc(' ', out);
		output_span(out, usec);
		fputs(", ", out);
		sum += usec;
	}
	fputs("together ", out);
	output_span(out, sum);
}

static void write_counts(FILE *out, const json_t *counts)
{
	const char *separator = "";

	for (size_t i = 0; i < json_array_size(counts); i++) {
		json_int_t count = json_integer_value(json_array_get(counts, i));

		if (count == 0)
			continue;
		fprintf(out, "%s%zu:%" JSON_INTEGER_FORMAT, separator, i, count);
		separator = " ";
	}
	if (!*separator)
		putc('-', out);
}

void output_value(FILE *out, const json_t *value, enum output_kind kind)
{
	bool no_generation = kind == OUTPUT_GENERATION && json_is_integer(value) &&
			     json_integer_value(value) == 0;

	if (!value || json_is_null(value) || no_generation)
		putc('-', out);
	else if (kind == OUTPUT_TIME && json_is_integer(value))
		write_time(out, value);
	else if (kind == OUTPUT_SINCE && json_is_integer(value))
		write_since(out, value);
	else if (kind == OUTPUT_DIGEST && json_is_string(value))
		fprintf(out, "%.*s", DIGEST_SHOWN, json_string_value(value));
	else if (kind == OUTPUT_CHANGE && json_is_object(value))
		write_change(out, value);
	else if (kind == OUTPUT_PHASES && json_is_array(value))
		write_phases(out, value);
	else if (kind == OUTPUT_COUNTS && json_is_array(value))
		write_counts(out, value);
	else if (kind == OUTPUT_LINES && json_is_array(value))
		write_list(out, value, "\n");
	else
		write_any(out, value);
}

/* The text of a value, the caller's to free; NULL without memory. */
static char *value_text(const json_t *value, enum output_kind kind)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	if (!stream)
		return NULL;
	output_value(stream, value, kind);
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}

/* Characters, not bytes: all but the bytes that go on with a UTF-8 character. */
static int text_width(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static void write_padding(FILE *out, int width)
{
	fprintf(out, "%*s", width > 0 ? width : 0, "");
}

static bool is_shown(const json_t *object, const struct output_field *field)
{
	const json_t *value = json_object_get(object, field->key);

	if (!value || json_is_null(value))
		return false;
	return !json_is_array(value) || json_array_size(value) > 0;
}

static void write_indented(FILE *out, const char *text, int indent)
{
	for (; *text; text++) {
		putc(*text, out);
		if (*text == '\n')
			write_padding(out, indent);
	}
	putc('\n', out);
}

void output_block(FILE *out, const json_t *object, const struct output_field *fields, size_t count)
{
	int width = 0;

	for (size_t i = 0; i < count; i++)
		if (is_shown(object, &fields[i]))
			width = MAX(width, text_width(fields[i].title));
	for (size_t i = 0; i < count; i++) {
		cleanup_free char *text = NULL;

		if (!is_shown(object, &fields[i]))
			continue;
		text = value_text(json_object_get(object, fields[i].key), fields[i].kind);
		fprintf(out, "  %*s: ", width, fields[i].title);
		write_indented(out, text ? text : "-", width + (int)strlen("  : "));
	}
}

/* A cell is one line. */
static char *cell_text(const json_t *row, const struct output_field *column)
{
	char *text = value_text(json_object_get(row, column->key), column->kind);

	for (char *at = text; at && *at; at++)
		if (*at == '\n')
			*at = ' ';
	return text;
}

/* 0 for a column without a single value. */
static int column_width(const json_t *rows, const struct output_field *column)
{
	int width = 0;
	bool found = false;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		cleanup_free char *text = cell_text(row, column);

		found |= is_shown(row, column);
		width = MAX(width, text ? text_width(text) : 1);
	}
	return found ? MAX(width, text_width(column->title)) : 0;
}

static bool is_right_aligned(enum output_kind kind)
{
	return kind == OUTPUT_NUMBER || kind == OUTPUT_GENERATION;
}

/*
 * The blanks that follow a cell are written by the next one, so that no line ends in blanks.
 * Returns them.
 */
static int write_cell(FILE *out, const char *text, enum output_kind kind, int width, int pending)
{
	int missing = width - text_width(text);
	bool right = is_right_aligned(kind);

	write_padding(out, pending + (right ? missing : 0));
	fputs(text, out);
	return (right ? 0 : missing) + (int)strlen("  ");
}

/* The titles, for a NULL row. */
static void write_row(FILE *out, const json_t *row, const struct output_field *columns,
		      const int *widths, size_t count)
{
	int pending = (int)strlen("  ");

	for (size_t i = 0; i < count; i++) {
		cleanup_free char *text = row ? cell_text(row, &columns[i]) : NULL;
		const char *shown = row ? text : columns[i].title;

		if (widths[i] > 0)
			pending = write_cell(out, shown ? shown : "-", columns[i].kind, widths[i],
					     pending);
	}
	putc('\n', out);
}

void output_table(FILE *out, const json_t *rows, const struct output_field *columns, size_t count)
{
	cleanup_free int *widths = calloc(count, sizeof(*widths));

	if (!widths || json_array_size(rows) == 0)
		return;
	for (size_t i = 0; i < count; i++)
		widths[i] = column_width(rows, &columns[i]);
	write_row(out, NULL, columns, widths, count);
	for (size_t i = 0; i < json_array_size(rows); i++)
		write_row(out, json_array_get(rows, i), columns, widths, count);
}

/* Steps over a character, or makes the byte a `?` if none starts there. */
static char *repair_character(char *at)
{
	size_t length = utf8_character_length(at, strlen(at));

	if (length > 0)
		return at + length;
	*at = '?';
	return at + 1;
}

json_t *output_json_string(const char *text)
{
	cleanup_free char *repaired = strdup(text);
	char *at = repaired;

	while (at && *at)
		at = repair_character(at);
	return repaired ? json_string(repaired) : NULL;
}

void output_failure(enum output_format format, FILE *out, FILE *err, const struct failure *failure)
{
	cleanup_json json_t *report = NULL;

	if (format == OUTPUT_TABLE) {
		fputs("ebpfctl: ", err);
		output_text(err, failure->text);
		putc('\n', err);
		return;
	}
	report = json_pack("{s:{s:s, s:o}}", "error", "outcome", outcome_name(failure->outcome),
			   "message", output_json_string(failure->text));
	output_json(out, report);
}
