/* SPDX-License-Identifier: GPL-2.0-or-later */
/* [Metric NAME] of a unit file: a map of the object as a metric. doc: ebpfd.unit(5). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/outcome.h"
#include "lib/str.h"

struct unit_file;
struct unit_format;

enum metric_kind { METRIC_KIND_COUNTER, METRIC_KIND_GAUGE, METRIC_KIND_HISTOGRAM };
/* What the numbers count. */
enum metric_unit {
	METRIC_UNIT_NONE,
	METRIC_UNIT_BYTES,
	METRIC_UNIT_NS,
	METRIC_UNIT_US,
	METRIC_UNIT_MS,
	METRIC_UNIT_S,
};
enum metric_buckets { METRIC_BUCKETS_LOG2, METRIC_BUCKETS_LINEAR };
/* Names that the host has for a number. */
enum metric_naming { NAMING_NONE, NAMING_CGROUP, NAMING_INTERFACE, NAMING_SYSCALL };

/* In place of a field: each entry counts as 1. */
#define METRIC_VALUE_ENTRIES "entries"

/* Beside the label `unit`. */
#define UNIT_METRIC_LABELS_MAX 8
#define UNIT_METRIC_SERIES_MAX 1000 /* MaxSeries= where it is not set */
/* Of a histogram. */
#define UNIT_METRIC_BUCKETS_MAX	    128
#define UNIT_METRIC_BUCKETS_DEFAULT 64 /* BucketCount= where it is not set */

/* One word of Labels=. */
struct unit_metric_label {
	char *name;
	char *field; /* key, value, or a field of theirs, as key.saddr */
	enum metric_naming naming;
};

struct unit_metric {
	char *name;
	char *map; /* its name in the object */
	enum metric_kind kind;
	/* Field of the number, or of the histogram's list of numbers; or METRIC_VALUE_ENTRIES. */
	char *value;
	char *sum; /* of a histogram: field of the sum; or NULL */
	/* Of a histogram with an entry for each bucket: field of the bucket's index; or NULL. */
	char *bucket;
	uint64_t bucket_count; /* of those, the last holds all beyond; 0: not set */
	enum metric_unit unit;
	enum metric_buckets buckets;
	uint64_t step, start; /* of linear ones: element n holds start + n * step and more */
	char *help;	      /* or NULL */
	uint64_t max_series;
	struct unit_metric_label labels[UNIT_METRIC_LABELS_MAX];
	size_t label_count;
	/* Of labels whose decoder is a word of Format=; they go before those of [Map]. */
	struct unit_format *formats;
	size_t format_count;
	unsigned line;
};

/* All of it is the copy's. NULL if memory is out. Free with unit_metric_free(). */
struct unit_metric *unit_metric_copy(const struct unit_metric *metric);
/* Accepts NULL. */
void unit_metric_free(struct unit_metric *metric);
/* What it has; idempotent. */
void unit_metric_deinit(struct unit_metric *metric);

/*
 * How entries of a map are shown: Format= of its [Map], and before it what a metric (or NULL) says.
 * The caller's, for unit_formats_free(). -ENOMEM.
 */
int unit_formats_of(const struct unit_file *file, const char *map, const struct unit_metric *metric,
		    struct unit_format **ret, size_t *ret_count);
/* Accepts NULL and 0. */
void unit_formats_free(struct unit_format *formats, size_t count);
