/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks into a line that decoder_line() made, without copying anything. Nothing is read behind
 * `end`, whatever the text is; a text that is no object has no members.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A part of the line, as it stands there. */
struct line_text {
	const char *start;
	size_t length;
};

struct line_member {
	struct line_text key;	/* without its quotes */
	struct line_text value; /* a string has its quotes */
};

struct line_reader {
	const char *next;
	const char *end;
};

/* Begins with the first member of the object in `text`. */
struct line_reader line_reader_begin(struct line_text text);

/* The next member; false: there is none. */
bool line_reader_next(struct line_reader *reader, struct line_member *ret);

/*
 * The value of a member. A path goes into objects, as "tuple.sport"; of several members with the
 * same name the first one counts. False: there is none.
 */
bool line_find(struct line_text text, const char *path, struct line_text *ret);

/*
 * What the JSON string `value` (with its quotes) stands for, in UTF-8; `out` needs room for
 * value.length bytes. Returns the length.
 */
size_t line_unescape(struct line_text value, char *out);
