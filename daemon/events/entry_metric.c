/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/entry_metric.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/macro.h"
#include "lib/str.h"

/* What a path of names with dots between them leads to, or NULL. */
static const json_t *find(const json_t *line, const char *path)
{
	const json_t *at = line;

	while (at && *path) {
		size_t length = strcspn(path, ".");
		char name[256];

		if (str_format(name, sizeof(name), "%.*s", (int)length, path) < 0)
			return NULL;
		at = json_object_get(at, name);
		path += length + (path[length] == '.');
	}
	return at;
}

/* Numbers of 64 bits are text. */
static int parse_number(const char *text, struct entry_number *ret)
{
	ret->is_negative = *text == '-';
	text += ret->is_negative;
	/* Digits alone: text that happens to be a number in hex is none. */
	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return -EINVAL;
	return str_to_u64(text, &ret->number);
}

static int read_number(const json_t *value, struct entry_number *ret)
{
	json_int_t number = json_integer_value(value);

	if (json_is_boolean(value))
		*ret = (struct entry_number){.number = json_is_true(value)};
	else if (json_is_integer(value))
		*ret = (struct entry_number){.number = number < 0 ? 0 - (uint64_t)number
								  : (uint64_t)number,
					     .is_negative = number < 0};
	else
		return json_is_string(value) ? parse_number(json_string_value(value), ret)
					     : -EINVAL;
	return 0;
}

int entry_number(const json_t *line, const char *field, struct entry_number *ret)
{
	if (strcmp(field, METRIC_VALUE_ENTRIES) != 0)
		return read_number(find(line, field), ret);
	*ret = (struct entry_number){.number = 1};
	return 0;
}

static size_t bucket_count(const struct unit_metric *metric)
{
	return metric->bucket_count ? metric->bucket_count : UNIT_METRIC_BUCKETS_DEFAULT;
}

/* An index beyond the last is of the last, one below the first of the first. */
static int read_bucket(const json_t *line, const struct unit_metric *metric, uint64_t *buckets,
		       size_t *ret_count)
{
	const size_t count = bucket_count(metric);
	struct entry_number index, number;

	if (entry_number(line, metric->bucket, &index) < 0 ||
	    entry_number(line, metric->value, &number) < 0 || number.is_negative)
		return -EINVAL;
	if (index.is_negative)
		index.number = 0;
	memset(buckets, 0, count * sizeof(*buckets));
	buckets[MIN(index.number, count - 1)] = number.number;
	*ret_count = count;
	return 0;
}

int entry_buckets(const json_t *line, const struct unit_metric *metric,
		  uint64_t buckets[UNIT_METRIC_BUCKETS_MAX], size_t *ret_count)
{
	const json_t *list = find(line, metric->value);
	const size_t count = json_array_size(list);

	if (metric->bucket)
		return read_bucket(line, metric, buckets, ret_count);
	if (!json_is_array(list) || count == 0 || count > UNIT_METRIC_BUCKETS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		struct entry_number number;

		if (read_number(json_array_get(list, i), &number) < 0 || number.is_negative)
			return -EINVAL;
		buckets[i] = number.number;
	}
	*ret_count = count;
	return 0;
}

const char *entry_label(const json_t *line, const char *field, char room[ENTRY_LABEL_ROOM])
{
	const json_t *value = find(line, field);

	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_boolean(value))
		return json_is_true(value) ? "true" : "false";
	if (!json_is_integer(value))
		return NULL;
	(void)snprintf(room, ENTRY_LABEL_ROOM, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return room;
}

/* ---- the check ---- */

/* "key.saddr, key.daddr", to the bound of the text. */
static void list_fields(const json_t *value, const char *path, char *text, size_t size)
{
	const char *name;
	json_t *field;

	if (!json_is_object(value) || json_object_size(value) == 0) {
		(void)str_list_add(text, size, path);
		return;
	}
	json_object_foreach ((json_t *)value, name, field) {
		char below[256];

		if (str_format(below, sizeof(below), "%s.%s", path, name) == 0)
			list_fields(field, below, text, size);
	}
}

static int refuse(const json_t *line, const char *what, const char *field, const char *wanted,
		  struct failure *reterr_failure)
{
	char there[1024] = "";

	list_fields(json_object_get(line, "key"), "key", there, sizeof(there));
	list_fields(json_object_get(line, "value"), "value", there, sizeof(there));
	return failure_set(reterr_failure, OUTCOME_REFUSED, -EINVAL,
			   "%s: '%s' is no %s in an entry of the map, which has: %s", what, field,
			   wanted, there);
}

static int check_labels(const json_t *line, const struct unit_metric *metric,
			struct failure *reterr_failure)
{
	for (size_t i = 0; i < metric->label_count; i++) {
		const struct unit_metric_label *label = &metric->labels[i];
		char room[ENTRY_LABEL_ROOM];
		struct entry_number number;

		if (!entry_label(line, label->field, room))
			return refuse(line, "Labels=", label->field, "number or text",
				      reterr_failure);
		if (label->naming != NAMING_NONE && entry_number(line, label->field, &number) < 0)
			return refuse(line, "Labels=", label->field, "number", reterr_failure);
	}
	return 0;
}

/* NULL is not asked for. */
static int check_integer(const json_t *line, const char *what, const char *field,
			 struct failure *reterr_failure)
{
	struct entry_number number;

	if (!field || entry_number(line, field, &number) == 0)
		return 0;
	return refuse(line, what, field, "integer", reterr_failure);
}

static int check_value(const json_t *line, const struct unit_metric *metric,
		       struct failure *reterr_failure)
{
	uint64_t buckets[UNIT_METRIC_BUCKETS_MAX];
	size_t count;

	if (metric->kind != METRIC_KIND_HISTOGRAM || metric->bucket)
		return check_integer(line, "Value=", metric->value, reterr_failure);
	if (entry_buckets(line, metric, buckets, &count) == 0)
		return 0;
	return refuse(line, "Value=", metric->value, "list of at most 128 integers",
		      reterr_failure);
}

int entry_metric_check(const json_t *line, const struct unit_metric *metric,
		       struct failure *reterr_failure)
{
	int err = check_value(line, metric, reterr_failure);

	if (!err)
		err = check_integer(line, "Bucket=", metric->bucket, reterr_failure);
	if (!err)
		err = check_integer(line, "Sum=", metric->sum, reterr_failure);
	return err ? err : check_labels(line, metric, reterr_failure);
}
