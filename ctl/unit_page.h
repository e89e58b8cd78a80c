/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `status` answers of a unit, on one screen of 80 columns. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Of hooks, maps and rings each as many as fit; `status --full` has all of them. */
#define UNIT_PAGE_ROWS 6

/*
 * Writes it, or without `rows` what is not of a hook, a map, a ring or a reader. Of what is
 * missing, as where no daemon answers, there is no line. Long names make lines longer than 80: see
 * fit_lines().
 */
void unit_page_print(FILE *out, const json_t *status, bool rows);
