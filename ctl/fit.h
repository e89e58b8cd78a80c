/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines as wide as the terminal. */
#pragma once

#include <stdio.h>

/* Columns of the terminal that `out` is; 0 where it is none, or says nothing of its width. */
int fit_width(FILE *out);

/*
 * Writes the lines of the text, each cut to `width` characters with … as the last; 0 cuts none. A
 * character is one column.
 */
void fit_lines(FILE *out, const char *text, int width);
