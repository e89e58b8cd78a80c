/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon says of a unit, for people: the receipt of an operation, the parts of a unit. */
#pragma once

#include <jansson.h>
#include <stdio.h>

/* One line without its end, such as "fw: reloaded, generation 1 -> 2, bank a -> b". */
void receipt_headline(FILE *out, const json_t *receipt);

/* All of it. */
void receipt_print(FILE *out, const json_t *receipt);

/* Tables of hooks, maps and rings, as receipts and a unit's status have them; each after a blank
 * line. */
void receipt_print_parts(FILE *out, const json_t *unit);
