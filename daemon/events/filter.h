/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FIELD=VALUE: which lines somebody wants. FIELD is the name of a member of the line, or a path
 * into one ("tuple.sport"). VALUE is what stands there: of a string its text, of all else its JSON.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/events/line_reader.h"
#include "lib/outcome.h"

/* Filters of one subscriber. */
#define FILTERS_MAX 16

struct filter;

/* All of them must match. */
struct filters {
	struct filter *list;
	size_t count;
};

/*
 * Understands a NULL-terminated list (or NULL: all lines match). -EINVAL with OUTCOME_USAGE and the
 * text that is no filter; -E2BIG for more than FILTERS_MAX.
 */
int filters_init(char *const *texts, struct filters *ret, struct failure *reterr_failure);
/* Idempotent. */
void filters_deinit(struct filters *filters);

/* Allocates nothing. */
bool filters_match(const struct filters *filters, struct line_text line);
