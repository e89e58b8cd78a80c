/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of `top` as lines of text. Knows of no terminal. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "ctl/top_model.h"

#define TOP_FILTER_MAX 64

enum top_column {
	TOP_NAME,
	TOP_TYPE,
	TOP_GENERATION,
	TOP_CALLS,
	TOP_TIME,
	TOP_CPU,
	TOP_EVENTS,
	TOP_RING,
	TOP_SINCE,
	TOP_HISTORY,
	TOP_COLUMN_MAX_,
};

struct top_view {
	enum top_column sort;
	bool reversed;
	bool hides_hooks;
	bool hides_programs;
	char filter[TOP_FILTER_MAX]; /* names and types that have it in them; "": all */
	size_t first;		     /* row to begin with */
	bool utf8;		     /* histories may be drawn with blocks */
};

/* The column of that name ("name", "calls", …) that rows can be sorted by; -EINVAL. */
int top_column_from_name(const char *name, enum top_column *ret);

/* As many rows as are shown without `first` and an end of the screen. */
size_t top_view_count(const struct top_view *view, const struct top_model *model);

/*
 * A line about all, one of titles, and the rows in their order: `height` lines at most, none wider
 * than `width` characters; 0 is no bound, and then there is no history. Columns that have no room
 * are left out, the one that is sorted by last.
 */
void top_view_write(FILE *out, const struct top_view *view, const struct top_model *model,
		    int width, int height);
