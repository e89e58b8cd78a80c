/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people and programs read from ebpfctl: JSON as it came, tables of aligned columns, blocks of
 * titles and values, failures. Tables and blocks are described by fields, which name members of the
 * daemon's JSON; a member that is missing is never an error, so that versions may differ.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/cleanup.h"
#include "lib/outcome.h"

#define cleanup_json CLEANUP(json_decrefp)

enum output_format { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_FORMAT_MAX_ };

/* How a member is written for people. */
enum output_kind {
	OUTPUT_TEXT,	   /* any JSON: lists are joined by blanks, objects become name=value */
	OUTPUT_NUMBER,	   /* as OUTPUT_TEXT, right-aligned in tables */
	OUTPUT_GENERATION, /* a number, where 0 means none */
	OUTPUT_TIME,	   /* microseconds of CLOCK_REALTIME, as local time */
	OUTPUT_SINCE,	   /* the same, with how long ago that was */
	OUTPUT_DIGEST,	   /* the first digits are enough to tell one from another */
	OUTPUT_CHANGE,	   /* {"before": …, "after": …} */
	OUTPUT_PHASES,	   /* [{"phase": …, "usec": …}], with their sum */
	OUTPUT_COUNTS,	   /* a list of counts, as INDEX:COUNT for those above 0 */
	OUTPUT_LINES,	   /* a list of texts, one a line */
};

struct output_field {
	const char *title;
	const char *key;
	enum output_kind kind;
};

/* Indented, members in their order, with a newline behind. */
void output_json(FILE *out, const json_t *value);

/* The text with every control character but newline and tab made a `?`: a terminal obeys them. */
void output_text(FILE *out, const char *text);

/* A time span in the unit that suits it: "17 us", "1.2 ms", "3.40 s", "2min 5s", "3h 20min", "4d
 * 1h". */
void output_span(FILE *out, uint64_t usec);

/* Missing (NULL) and null members are written as "-". */
void output_value(FILE *out, const json_t *value, enum output_kind kind);

/* "Title: value" lines, colons aligned. Members that are missing or null have no line. */
void output_block(FILE *out, const json_t *object, const struct output_field *fields, size_t count);

/*
 * A line of titles and one for each object of the list. A column that no object has a value for is
 * left out. Nothing at all for an empty list or something that is no list.
 */
void output_table(FILE *out, const json_t *rows, const struct output_field *columns, size_t count);

/* A copy for JSON: bytes that are not UTF-8, as in file names, become `?`. */
json_t *output_json_string(const char *text);

/* As JSON on `out`, as {"error": {"outcome", "message"}}; for people on `err`. */
void output_failure(enum output_format format, FILE *out, FILE *err, const struct failure *failure);
