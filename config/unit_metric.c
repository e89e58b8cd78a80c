/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/unit_metric.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/unit_file.h"
#include "lib/cleanup.h"

void unit_formats_free(struct unit_format *formats, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(formats[i].field);
		free(formats[i].label);
	}
	free(formats);
}

void unit_metric_deinit(struct unit_metric *metric)
{
	for (size_t i = 0; i < metric->label_count; i++) {
		free(metric->labels[i].name);
		free(metric->labels[i].field);
	}
	unit_formats_free(metric->formats, metric->format_count);
	free(metric->name);
	free(metric->map);
	free(metric->value);
	free(metric->sum);
	free(metric->bucket);
	free(metric->help);
	*metric = (struct unit_metric){0};
}

void unit_metric_free(struct unit_metric *metric)
{
	if (!metric)
		return;
	unit_metric_deinit(metric);
	free(metric);
}

static bool copy_text(const char *text, char **ret)
{
	*ret = text ? strdup(text) : NULL;
	return !text == !*ret;
}

static bool is_among(const struct unit_format *formats, size_t count, const char *field)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(formats[i].field, field) == 0)
			return true;
	return false;
}

/* Those whose field is there already are passed over. */
static int add_formats(const struct unit_format *from, size_t from_count,
		       struct unit_format **formats, size_t *count)
{
	struct unit_format *more = reallocarray(*formats, *count + from_count + 1, sizeof(*more));
	struct unit_format *copy;

	if (!more)
		return -ENOMEM;
	*formats = more;
	for (size_t i = 0; i < from_count; i++) {
		if (is_among(more, *count, from[i].field))
			continue;
		copy = &more[(*count)++];
		*copy = (struct unit_format){.format = from[i].format};
		if (!copy_text(from[i].field, &copy->field) ||
		    !copy_text(from[i].label, &copy->label))
			return -ENOMEM;
	}
	return 0;
}

int unit_formats_of(const struct unit_file *file, const char *map, const struct unit_metric *metric,
		    struct unit_format **ret, size_t *ret_count)
{
	struct unit_format *formats = NULL;
	size_t count = 0;
	int err = 0;

	if (metric)
		err = add_formats(metric->formats, metric->format_count, &formats, &count);
	for (size_t i = 0; !err && i < file->map_count; i++)
		if (strcmp(file->maps[i].name, map) == 0)
			err = add_formats(file->maps[i].formats, file->maps[i].format_count,
					  &formats, &count);
	if (err) {
		unit_formats_free(formats, count);
		return err;
	}
	*ret = formats;
	*ret_count = count;
	return 0;
}

/* ---- copying ---- */

static bool copy_labels(const struct unit_metric *metric, struct unit_metric *copy)
{
	for (size_t i = 0; i < metric->label_count; i++) {
		const struct unit_metric_label *label = &metric->labels[i];

		copy->label_count++;
		copy->labels[i] = (struct unit_metric_label){.naming = label->naming};
		if (!copy_text(label->name, &copy->labels[i].name) ||
		    !copy_text(label->field, &copy->labels[i].field))
			return false;
	}
	return true;
}

struct unit_metric *unit_metric_copy(const struct unit_metric *metric)
{
	struct unit_metric *copy = calloc(1, sizeof(*copy));

	if (!copy)
		return NULL;
	copy->kind = metric->kind;
	copy->unit = metric->unit;
	copy->buckets = metric->buckets;
	copy->step = metric->step;
	copy->start = metric->start;
	copy->bucket_count = metric->bucket_count;
	copy->max_series = metric->max_series;
	copy->line = metric->line;
	if (!copy_text(metric->name, &copy->name) || !copy_text(metric->map, &copy->map) ||
	    !copy_text(metric->value, &copy->value) || !copy_text(metric->sum, &copy->sum) ||
	    !copy_text(metric->bucket, &copy->bucket) || !copy_text(metric->help, &copy->help) ||
	    !copy_labels(metric, copy) ||
	    add_formats(metric->formats, metric->format_count, &copy->formats,
			&copy->format_count) < 0) {
		unit_metric_free(copy);
		return NULL;
	}
	return copy;
}
