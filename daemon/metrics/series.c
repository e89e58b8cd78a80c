/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/metrics/series.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/maps/walk.h"
#include "lib/cleanup.h"

/* Parts labels in the index: no text has it. */
#define SEPARATOR '\x01'

struct reading {
	struct series *series;
	struct open_map *map;
	struct naming *naming;
	char *line; /* room for one */
	uint64_t entries;
};

static void free_labels(struct one_series *one)
{
	for (size_t i = 0; i < UNIT_METRIC_LABELS_MAX; i++)
		free(one->labels[i]);
}

void series_deinit(struct series *series)
{
	for (size_t i = 0; i < series->count; i++) {
		free_labels(&series->all[i]);
		free(series->all[i].buckets);
	}
	free(series->all);
	json_decref(series->index);
	*series = (struct series){0};
}

/* ---- labels ---- */

static int read_label(const struct reading *reading, const json_t *line,
		      const struct unit_metric_label *label, char **ret)
{
	char room[ENTRY_LABEL_ROOM], name[NAMING_ROOM];
	const char *text = entry_label(line, label->field, room);
	struct entry_number number;

	if (!text)
		return -EINVAL;
	if (label->naming != NAMING_NONE && entry_number(line, label->field, &number) == 0 &&
	    !number.is_negative) {
		naming_write(reading->naming, label->naming, number.number, name);
		text = name;
	}
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

static int read_labels(const struct reading *reading, const json_t *line, struct one_series *ret)
{
	const struct unit_metric *metric = reading->series->metric;
	int err = 0;

	for (size_t i = 0; !err && i < metric->label_count; i++)
		err = read_label(reading, line, &metric->labels[i], &ret->labels[i]);
	return err;
}

/* The caller's; NULL if memory is out. */
static char *join_labels(const struct unit_metric *metric, const struct one_series *one)
{
	size_t length = metric->label_count + 1;
	char *joined, *at;

	for (size_t i = 0; i < metric->label_count; i++)
		length += strlen(one->labels[i]);
	joined = at = malloc(length);
	if (!joined)
		return NULL;
	for (size_t i = 0; i < metric->label_count; i++) {
		at = stpcpy(at, one->labels[i]);
		*at++ = SEPARATOR;
	}
	*at = '\0';
	return joined;
}

/* ---- one series ---- */

/* Takes the labels over. */
static struct one_series *add_series(struct series *series, struct one_series *one, const char *key)
{
	const size_t index = series->count;
	struct one_series *more;

	if (json_object_set_new(series->index, key, json_integer((json_int_t)index)) < 0)
		return NULL;
	more = reallocarray(series->all, index + 1, sizeof(*more));
	if (!more)
		return NULL;
	series->all = more;
	more[index] = *one;
	*one = (struct one_series){0};
	series->count++;
	return &more[index];
}

/* *ret NULL: there is no room for one more. */
static int find_series(struct series *series, struct one_series *one, struct one_series **ret)
{
	cleanup_free char *key = join_labels(series->metric, one);
	const json_t *known;

	if (!key)
		return -ENOMEM;
	known = json_object_get(series->index, key);
	*ret = NULL;
	if (known) {
		*ret = &series->all[json_integer_value(known)];
		return 0;
	}
	if (series->count == series->metric->max_series) {
		series->left_out++;
		return 0;
	}
	*ret = add_series(series, one, key);
	return *ret ? 0 : -ENOMEM;
}

/* Sums wrap round at 64 bits, as those of CPUs do. */
static void add_number(struct entry_number *sum, struct entry_number number)
{
	int64_t both = (int64_t)(sum->is_negative ? 0 - sum->number : sum->number) +
		       (int64_t)(number.is_negative ? 0 - number.number : number.number);

	if (!sum->is_negative && !number.is_negative)
		sum->number += number.number;
	else
		*sum = (struct entry_number){.number =
						     both < 0 ? 0 - (uint64_t)both : (uint64_t)both,
					     .is_negative = both < 0};
}

static int add_buckets(struct series *series, const json_t *line, struct one_series *one)
{
	const struct unit_metric *metric = series->metric;
	uint64_t buckets[UNIT_METRIC_BUCKETS_MAX];
	struct entry_number sum = {0};
	size_t count;

	if (entry_buckets(line, metric, buckets, &count) < 0)
		return -EINVAL;
	if (!one->buckets)
		one->buckets = calloc(count, sizeof(*one->buckets));
	if (!one->buckets)
		return -ENOMEM;
	series->bucket_count = count;
	for (size_t i = 0; i < count; i++)
		one->buckets[i] += buckets[i];
	if (metric->sum && entry_number(line, metric->sum, &sum) == 0)
		one->sum += sum.number;
	return 0;
}

static int add_value(struct series *series, const json_t *line, struct one_series *one)
{
	struct entry_number number;
	int err;

	if (series->metric->kind == METRIC_KIND_HISTOGRAM)
		return add_buckets(series, line, one);
	err = entry_number(line, series->metric->value, &number);
	if (!err)
		add_number(&one->value, number);
	return err;
}

/* ---- all entries ---- */

static int take_line(const struct reading *reading, const json_t *line)
{
	struct one_series fresh = {0}, *one = NULL;
	int err = read_labels(reading, line, &fresh);

	if (!err)
		err = find_series(reading->series, &fresh, &one);
	if (!err && one)
		err = add_value(reading->series, line, one);
	free_labels(&fresh);
	return err;
}

static int take_entry(struct reading *reading, const char *key, const char *value)
{
	json_t *line;
	int err;

	open_map_fill_record(reading->map, key, value);
	line = json_loadb(reading->line, open_map_line(reading->map, reading->line), 0, NULL);
	err = line ? take_line(reading, line) : -EINVAL;
	json_decref(line);
	return err;
}

static int take_run(struct reading *reading, const struct walk_run *run)
{
	const struct open_map *map = reading->map;
	int err = 0;

	for (uint32_t i = 0; !err && i < run->count; i++) {
		if (reading->entries++ == SERIES_ENTRIES_MAX)
			return -E2BIG;
		err = take_entry(reading, run->keys + (size_t)i * map->entry.key.size,
				 run->values + i * open_map_value_bytes(map));
	}
	return err;
}

static void free_walk(struct walk **walk)
{
	walk_free(*walk);
}

static bool take_all(struct reading *reading)
{
	CLEANUP(free_walk) struct walk *walk = NULL;
	struct walk_run run;
	int more, err = walk_new(reading->map, &walk);

	while (!err && (more = walk_next(walk, &run)) > 0)
		err = take_run(reading, &run);
	return !err && more == 0 && !walk_gave_up(walk);
}

void series_read(const char *unit, const struct metric_figures *figures, struct naming *naming,
		 struct series *ret)
{
	struct reading reading = {.series = ret, .map = figures->map, .naming = naming};
	struct failure failure;

	*ret = (struct series){.unit = unit, .metric = figures->metric, .index = json_object()};
	if (!figures->map || !ret->index || open_map_read(figures->map, &failure) < 0)
		return;
	reading.line = malloc(open_map_line_max(figures->map) + 1);
	if (reading.line)
		ret->is_complete = take_all(&reading);
	free(reading.line);
}
