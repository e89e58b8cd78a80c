/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the loader says in the end, as JSON on LOADER_FD_REPORT. */
#pragma once

#include <jansson.h>

#include "lib/outcome.h"

/* {"outcome": ..., "message": ...}; a new reference, NULL if memory is out. */
json_t *report_failure(const struct failure *failure);

/* Writes it, and gives the reference up. NULL is -ENOMEM. */
int report_send(json_t *report);

/*
 * What an object says, such as a name, cut at 2 kB: bytes that are not UTF-8 become `?`. A new
 * reference, or NULL.
 */
json_t *report_text(const char *text);
