/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of events for people. */
#pragma once

#include <stddef.h>
#include <stdio.h>

/* Widths of columns and such; begins zeroed. */
struct event_rows {
	size_t type_width; /* of the widest type so far */
};

/*
 * Writes a line of JSON (without its newline) as local time, CPU, type and fields. The line is
 * expected with 64-bit integers as strings. What is no JSON is written as it is.
 */
void event_row(FILE *out, struct event_rows *rows, const char *line, size_t length);
