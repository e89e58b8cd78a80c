/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a metric takes of a map's entry, by the line that decode_entry.h makes of it, with integers
 * of 64 bits as text: {"key":KEY,"value":VALUE}. The check of a plan takes the very same of an
 * entry of zeros, so that what it lets pass can be taken later.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/unit_metric.h"

struct entry_number {
	uint64_t number;
	bool is_negative;
};

/* -EINVAL where the field is no integer, or is not there; 1 of METRIC_VALUE_ENTRIES. */
int entry_number(const json_t *line, const char *field, struct entry_number *ret);

/*
 * What an entry adds to each bucket of a histogram: a list, or its number in the bucket that it is
 * of. -EINVAL where that is none of integers from 0 on, or is too long.
 */
int entry_buckets(const json_t *line, const struct unit_metric *metric,
		  uint64_t buckets[UNIT_METRIC_BUCKETS_MAX], size_t *ret_count);

/*
 * A label's text: a string as it is (borrowed of the line), numbers in `room`. NULL where the field
 * has fields of its own, or is not there.
 */
#define ENTRY_LABEL_ROOM 32
const char *entry_label(const json_t *line, const char *field, char room[ENTRY_LABEL_ROOM]);

/* Whether an entry has what the metric takes. OUTCOME_REFUSED, with the fields that there are. */
int entry_metric_check(const json_t *line, const struct unit_metric *metric,
		       struct failure *reterr_failure);
