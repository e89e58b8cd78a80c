/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics as text, in one buffer: OpenMetrics 1.0, or Prometheus' text format 0.0.4. A family's
 * samples follow its header, and nothing else comes between them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum metrics_format { METRICS_TEXT_0_0_4, METRICS_OPEN };

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric_family {
	const char *name; /* without prefix, and of a counter without "_total"; ends in _UNIT */
	enum metric_type type;
	const char *unit; /* "seconds", "bytes"; NULL: numbers of what the name says */
	const char *help; /* one line */
};

struct metric_label {
	const char *name;
	const char *value; /* any bytes, to the first 0 */
};

#define METRIC_LABELS_MAX 16

struct metric_labels {
	struct metric_label all[METRIC_LABELS_MAX];
	size_t count;
};

/* number / 10^decimals, exactly. */
struct metric_value {
	uint64_t number;
	unsigned decimals;
	bool is_negative;
};

struct metrics_text {
	enum metrics_format format;
	char *data;
	size_t length, size;
	bool failed; /* memory is out: what is in it is not whole */
	size_t samples;
};

/* Idempotent. */
void metrics_text_deinit(struct metrics_text *text);

/* One more label; those beyond the bound are left out. Both strings must outlive their use. */
void metric_labels_add(struct metric_labels *labels, const char *name, const char *value);

void metrics_text_family(struct metrics_text *text, const struct metric_family *family);

/* One sample of a counter or a gauge. */
void metrics_text_sample(struct metrics_text *text, const struct metric_family *family,
			 const struct metric_labels *labels, struct metric_value value);

/*
 * All samples of one histogram: `buckets` counts, each by itself; the bounds are of all but the
 * last one, which has none. `sum` NULL: it is not known, and left out.
 */
struct metric_histogram {
	const struct metric_value *bounds;
	const uint64_t *buckets;
	size_t bucket_count;
	const struct metric_value *sum;
};
void metrics_text_histogram(struct metrics_text *text, const struct metric_family *family,
			    const struct metric_labels *labels,
			    const struct metric_histogram *histogram);

/* What the format has last. */
void metrics_text_end(struct metrics_text *text);

/* For Content-Type. */
const char *metrics_format_type(enum metrics_format format);
