/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines as wide as the terminal. */
#pragma once

#include <stdio.h>

/* Columns of the terminal that `out` is; 0 where it is none, or says nothing of its width. */
int fit_width(FILE *out);

/*
 * Writes the lines of the text, those of more than `width` characters as several, broken at blanks
 * where there are some; 0 breaks none. What goes on does so below the first line's text, which is
 * behind its indent or "Label: ". A character is one column.
 */
void fit_lines(FILE *out, const char *text, int width);
