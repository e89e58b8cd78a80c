/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Producers and reader at the same time: what arrives, and what finds no room. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* `file` as in struct reader_settings. Prints a table, and a line of JSON for each row. */
void together_run(const char *file, bool quick, FILE *output);
