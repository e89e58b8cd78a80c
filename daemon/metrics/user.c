/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/metrics/user.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/metrics/series.h"
#include "lib/macro.h"

/* "user_", the name, "_seconds". */
#define FAMILY_NAME_MAX (NAME_MAX_LENGTH + 16)

static const struct {
	const char *name; /* NULL: none */
	unsigned decimals;
} units[] = {
	[METRIC_UNIT_NONE] = {NULL, 0},	   [METRIC_UNIT_BYTES] = {"bytes", 0},
	[METRIC_UNIT_NS] = {"seconds", 9}, [METRIC_UNIT_US] = {"seconds", 6},
	[METRIC_UNIT_MS] = {"seconds", 3}, [METRIC_UNIT_S] = {"seconds", 0},
};

static void write_name(const struct unit_metric *metric, char name[FAMILY_NAME_MAX])
{
	const char *unit = units[metric->unit].name;

	(void)snprintf(name, FAMILY_NAME_MAX, "user_%s%s%s", metric->name, unit ? "_" : "",
		       unit ? unit : "");
}

static void write_family(const struct unit_metric *metric, char name[FAMILY_NAME_MAX],
			 struct metric_family *ret)
{
	static const enum metric_type types[] = {[METRIC_KIND_COUNTER] = METRIC_COUNTER,
						 [METRIC_KIND_GAUGE] = METRIC_GAUGE,
						 [METRIC_KIND_HISTOGRAM] = METRIC_HISTOGRAM};

	write_name(metric, name);
	*ret = (struct metric_family){
		.name = name,
		.type = types[metric->kind],
		.unit = units[metric->unit].name,
		.help = metric->help ? metric->help : "Of a map; its unit file has no Help=."};
}

/* ---- samples ---- */

/* The most that an element holds: exact for integers. */
static uint64_t bound_of(const struct unit_metric *metric, size_t element)
{
	if (metric->buckets == METRIC_BUCKETS_LINEAR)
		return metric->start + (element + 1) * metric->step - 1;
	return element + 1 < 64 ? (UINT64_C(1) << (element + 1)) - 1 : UINT64_MAX;
}

static void put_histogram(struct metrics_text *text, const struct metric_family *family,
			  const struct metric_labels *labels, const struct series *series,
			  const struct one_series *one)
{
	const unsigned decimals = units[series->metric->unit].decimals;
	const struct metric_value sum = {.number = one->sum, .decimals = decimals};
	struct metric_value bounds[UNIT_METRIC_BUCKETS_MAX];
	const struct metric_histogram histogram = {.bounds = bounds,
						   .buckets = one->buckets,
						   .bucket_count = series->bucket_count,
						   .sum = series->metric->sum ? &sum : NULL};

	for (size_t i = 0; i < series->bucket_count; i++)
		bounds[i] = (struct metric_value){.number = bound_of(series->metric, i),
						  .decimals = decimals};
	metrics_text_histogram(text, family, labels, &histogram);
}

static void put_one(struct metrics_text *text, const struct metric_family *family,
		    const struct series *series, const struct one_series *one)
{
	const struct unit_metric *metric = series->metric;
	const struct metric_value value = {.number = one->value.number,
					   .decimals = units[metric->unit].decimals,
					   .is_negative = one->value.is_negative};
	struct metric_labels labels = {0};

	metric_labels_add(&labels, "unit", series->unit);
	for (size_t i = 0; i < metric->label_count; i++)
		metric_labels_add(&labels, metric->labels[i].name, one->labels[i]);
	if (metric->kind != METRIC_KIND_HISTOGRAM)
		metrics_text_sample(text, family, &labels, value);
	else if (one->buckets)
		put_histogram(text, family, &labels, series, one);
}

/* ---- families: units that have a metric of one name share it ---- */

struct all_series {
	struct series *all;
	size_t count;
};

/* Those of other types than the first of the name cannot be told beside it. */
static void put_family(struct metrics_text *text, struct series *first, const struct series *end)
{
	char name[FAMILY_NAME_MAX];
	struct metric_family family;

	write_family(first->metric, name, &family);
	metrics_text_family(text, &family);
	for (struct series *series = first; series < end; series++) {
		if (series->metric->kind != first->metric->kind) {
			series->is_complete = false;
			continue;
		}
		for (size_t i = 0; i < series->count; i++)
			put_one(text, &family, series, &series->all[i]);
	}
}

static int compare_names(const void *a, const void *b)
{
	const struct series *one = a, *other = b;
	char one_name[FAMILY_NAME_MAX], other_name[FAMILY_NAME_MAX];
	int order;

	write_name(one->metric, one_name);
	write_name(other->metric, other_name);
	order = strcmp(one_name, other_name);
	return order ? order : strcmp(one->unit, other->unit);
}

static bool is_of_family(const struct series *series, const struct series *first)
{
	char name[FAMILY_NAME_MAX], first_name[FAMILY_NAME_MAX];

	write_name(series->metric, name);
	write_name(first->metric, first_name);
	return strcmp(name, first_name) == 0;
}

static void put_families(struct metrics_text *text, const struct all_series *series)
{
	struct series *const end = series->all + series->count;
	struct series *next;

	for (struct series *first = series->all; first < end; first = next) {
		next = first + 1;
		while (next < end && is_of_family(next, first))
			next++;
		put_family(text, first, next);
	}
}

/* ---- what is told of them ---- */

static void put_told(struct metrics_text *text, const struct all_series *series,
		     const struct metric_family *family,
		     uint64_t (*value_of)(const struct series *series))
{
	metrics_text_family(text, family);
	for (size_t i = 0; i < series->count; i++) {
		const struct series *one = &series->all[i];
		const struct metric_value value = {.number = value_of(one)};
		struct metric_labels labels = {0};

		metric_labels_add(&labels, "unit", one->unit);
		metric_labels_add(&labels, "metric", one->metric->name);
		metrics_text_sample(text, family, &labels, value);
	}
}

static uint64_t count_of(const struct series *series)
{
	return series->count;
}

static uint64_t left_out_of(const struct series *series)
{
	return series->left_out;
}

static uint64_t is_complete(const struct series *series)
{
	return series->is_complete;
}

static void put_all_told(struct metrics_text *text, const struct all_series *series)
{
	static const struct {
		struct metric_family family;
		uint64_t (*value_of)(const struct series *series);
	} told[] = {
		{{"metric_series", METRIC_GAUGE, NULL, "Series of a [Metric] of a unit file."},
		 count_of},
		{{"metric_left_out", METRIC_GAUGE, NULL,
		  "Entries of its map that MaxSeries= left no room for."},
		 left_out_of},
		{{"metric_complete", METRIC_GAUGE, NULL,
		  "1 if its map was read to the end, 0 if it is gone, too large, or of another "
		  "type than that name has in another unit."},
		 is_complete},
	};

	for (size_t i = 0; i < ARRAY_SIZE(told); i++)
		put_told(text, series, &told[i].family, told[i].value_of);
}

/* ---- all of it ---- */

static size_t count_metrics(const struct figures *figures)
{
	size_t count = 0;

	for (size_t i = 0; i < figures->unit_count; i++)
		count += figures->units[i].metric_count;
	return count;
}

static void read_all(const struct figures *figures, struct all_series *series)
{
	struct naming naming = {0};

	for (size_t i = 0; i < figures->unit_count; i++) {
		const struct unit_figures *unit = &figures->units[i];

		for (size_t j = 0; j < unit->metric_count; j++)
			series_read(unit->name, &unit->metrics[j], &naming,
				    &series->all[series->count++]);
	}
	naming_deinit(&naming);
}

void metrics_put_user(struct metrics_text *text, const struct figures *figures)
{
	struct all_series series = {.all = calloc(count_metrics(figures) + 1, sizeof(*series.all))};

	if (!series.all) {
		text->failed = true;
		return;
	}
	read_all(figures, &series);
	qsort(series.all, series.count, sizeof(*series.all), compare_names);
	put_families(text, &series);
	put_all_told(text, &series);
	for (size_t i = 0; i < series.count; i++)
		series_deinit(&series.all[i]);
	free(series.all);
}
