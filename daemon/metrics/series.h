/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The series of one [Metric]: entries of its map whose labels are the same are one series, with the
 * sum of their values. Of more than MaxSeries= those that come first are kept.
 */
#pragma once

#include <jansson.h>

#include "daemon/events/entry_metric.h"
#include "daemon/figures/figures.h"
#include "daemon/metrics/naming.h"

/* Entries of one map that are looked at; a map with more is not complete. */
#define SERIES_ENTRIES_MAX 100000

struct one_series {
	char *labels[UNIT_METRIC_LABELS_MAX]; /* text, in the order of Labels= */
	struct entry_number value;	      /* not of a histogram */
	uint64_t sum;
	uint64_t *buckets; /* of a histogram, as many as all of it has */
};

struct series {
	const char *unit; /* borrowed, as all that it is of */
	const struct unit_metric *metric;
	struct one_series *all;
	size_t count;
	size_t bucket_count;
	uint64_t left_out; /* entries that would have been series beyond MaxSeries= */
	bool is_complete;  /* all entries were looked at */
	json_t *index;	   /* by labels, while it is read */
};

/* What cannot be read is left out, and then it is not complete. May take long: for a thread. */
void series_read(const char *unit, const struct metric_figures *figures, struct naming *naming,
		 struct series *ret);
/* Idempotent. */
void series_deinit(struct series *series);
