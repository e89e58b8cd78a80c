/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/metrics/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/macro.h"
#include "lib/utf8.h"

#define PREFIX	   "ebpfd_"
#define SIZE_BEGIN (64UL * 1024)
#define NUMBER_MAX 48

void metrics_text_deinit(struct metrics_text *text)
{
	free(text->data);
	text->data = NULL;
	text->length = text->size = 0;
}

void metric_labels_add(struct metric_labels *labels, const char *name, const char *value)
{
	if (labels->count == METRIC_LABELS_MAX)
		return;
	labels->all[labels->count++] = (struct metric_label){.name = name, .value = value};
}

/* ---- bytes ---- */

static char *reserve(struct metrics_text *text, size_t length)
{
	size_t size = text->size ? text->size : SIZE_BEGIN;
	char *larger;

	while (size - text->length < length)
		size *= 2;
	if (size == text->size)
		return text->data + text->length;
	larger = text->failed ? NULL : realloc(text->data, size);
	if (!larger) {
		text->failed = true;
		return NULL;
	}
	text->data = larger;
	text->size = size;
	return larger + text->length;
}

static void put_bytes(struct metrics_text *text, const char *bytes, size_t length)
{
	char *to = reserve(text, length);

	if (!to)
		return;
	memcpy(to, bytes, length);
	text->length += length;
}

static void put(struct metrics_text *text, const char *string)
{
	put_bytes(text, string, strlen(string));
}

/* What the formats want written otherwise; bytes that are no UTF-8 become '?'. */
static void put_escaped(struct metrics_text *text, const char *string, bool is_quoted)
{
	size_t left = strlen(string);

	while (left > 0) {
		size_t length = utf8_character_length(string, left);

		if (length == 0) {
			put(text, "?");
			length = 1;
		} else if (*string == '\n') {
			put(text, "\\n");
		} else {
			if (*string == '\\' || (*string == '"' && is_quoted))
				put(text, "\\");
			put_bytes(text, string, length);
		}
		string += length;
		left -= length;
	}
}

static void format_value(struct metric_value value, char *to)
{
	uint64_t one = 1;
	int used;

	for (unsigned i = 0; i < value.decimals; i++)
		one *= 10;
	used = snprintf(to, NUMBER_MAX, "%s%" PRIu64, value.is_negative ? "-" : "",
			value.number / one);
	if (value.number % one == 0)
		return;
	used += snprintf(to + used, (size_t)(NUMBER_MAX - used), ".%0*" PRIu64, (int)value.decimals,
			 value.number % one);
	while (to[used - 1] == '0')
		to[--used] = '\0';
}

/* ---- families ---- */

static const char *type_name(enum metric_type type)
{
	static const char *const names[] = {"counter", "gauge", "histogram"};

	return names[type];
}

/* The older format names a counter as its samples. */
static const char *family_suffix(const struct metrics_text *text,
				 const struct metric_family *family)
{
	return family->type == METRIC_COUNTER && text->format == METRICS_TEXT_0_0_4 ? "_total" : "";
}

static void put_header(struct metrics_text *text, const char *what,
		       const struct metric_family *family)
{
	put(text, what);
	put(text, PREFIX);
	put(text, family->name);
	put(text, family_suffix(text, family));
	put(text, " ");
}

void metrics_text_family(struct metrics_text *text, const struct metric_family *family)
{
	put_header(text, "# HELP ", family);
	/* The older format knows no such thing as an escaped quote there. */
	put_escaped(text, family->help, text->format == METRICS_OPEN);
	put(text, "\n");
	put_header(text, "# TYPE ", family);
	put(text, type_name(family->type));
	put(text, "\n");
	if (!family->unit || text->format != METRICS_OPEN)
		return;
	put_header(text, "# UNIT ", family);
	put(text, family->unit);
	put(text, "\n");
}

/* ---- samples ---- */

static void put_label(struct metrics_text *text, bool *first, const char *name, const char *value)
{
	put(text, *first ? "{" : ",");
	put(text, name);
	put(text, "=\"");
	put_escaped(text, value, true);
	put(text, "\"");
	*first = false;
}

static void put_sample(struct metrics_text *text, const struct metric_family *family,
		       const char *suffix, const struct metric_labels *labels, const char *bound,
		       struct metric_value value)
{
	char number[NUMBER_MAX];
	bool first = true;

	put(text, PREFIX);
	put(text, family->name);
	put(text, suffix);
	for (size_t i = 0; i < labels->count; i++)
		put_label(text, &first, labels->all[i].name, labels->all[i].value);
	if (bound)
		put_label(text, &first, "le", bound);
	put(text, first ? " " : "} ");
	format_value(value, number);
	put(text, number);
	put(text, "\n");
	text->samples++;
}

void metrics_text_sample(struct metrics_text *text, const struct metric_family *family,
			 const struct metric_labels *labels, struct metric_value value)
{
	put_sample(text, family, family->type == METRIC_COUNTER ? "_total" : "", labels, NULL,
		   value);
}

void metrics_text_histogram(struct metrics_text *text, const struct metric_family *family,
			    const struct metric_labels *labels,
			    const struct metric_histogram *histogram)
{
	struct metric_value count = {0};
	char bound[NUMBER_MAX];

	for (size_t i = 0; i < histogram->bucket_count; i++) {
		count.number += histogram->buckets[i];
		if (i + 1 < histogram->bucket_count)
			format_value(histogram->bounds[i], bound);
		else
			(void)snprintf(bound, sizeof(bound), "+Inf");
		put_sample(text, family, "_bucket", labels, bound, count);
	}
	if (histogram->sum)
		put_sample(text, family, "_sum", labels, NULL, *histogram->sum);
	put_sample(text, family, "_count", labels, NULL, count);
}

void metrics_text_end(struct metrics_text *text)
{
	if (text->format == METRICS_OPEN)
		put(text, "# EOF\n");
}

const char *metrics_format_type(enum metrics_format format)
{
	if (format == METRICS_OPEN)
		return "application/openmetrics-text; version=1.0.0; charset=utf-8";
	return "text/plain; version=0.0.4; charset=utf-8";
}
