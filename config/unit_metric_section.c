/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/unit_metric_section.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "config/unit_file.h"
#include "config/unit_sections.h"
#include "config/words.h"
#include "lib/cleanup.h"

#define SERIES_LIMIT 100000

/* A name of Prometheus' that needs no letters but ours. */
static bool is_name(const char *word)
{
	return *word >= 'a' && *word <= 'z' && strlen(word) <= NAME_MAX_LENGTH &&
	       word[strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* What the formats put behind a name themselves. */
static bool ends_as_ours(const char *name)
{
	static const char *const endings[] = {"_total",	  "_bucket", "_count", "_sum",
					      "_created", "_info",   "_bytes", "_seconds"};
	size_t length = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		size_t ending = strlen(endings[i]);

		if (length >= ending && strcmp(name + length - ending, endings[i]) == 0)
			return true;
	}
	return false;
}

int unit_metric_begin(void *target, const char *name, unsigned line, struct config_errors *errors,
		      void **ret_target)
{
	struct unit_file *file = target;
	struct unit_metric *all = schema_grow(file->metrics, file->metric_count, sizeof(*all));
	struct unit_metric *metric;

	if (!all)
		return -ENOMEM;
	file->metrics = all;
	metric = &all[file->metric_count++];
	metric->line = line;
	metric->max_series = UNIT_METRIC_SERIES_MAX;
	metric->name = strdup(name);
	metric->value = strdup("value");
	if (!is_name(name))
		config_errors_add(errors, line,
				  "'%s' is no name of a metric; it has small letters, digits and "
				  "'_', at most %d, and starts with a letter",
				  name, NAME_MAX_LENGTH);
	else if (ends_as_ours(name))
		config_errors_add(errors, line,
				  "'%s': what a metric counts is put behind its name by Type= and "
				  "Unit=; leave it out",
				  name);
	*ret_target = metric;
	return metric->name && metric->value ? 0 : -ENOMEM;
}

static int store_map(void *target, const struct schema_value *value, struct config_errors *errors)
{
	struct unit_metric *metric = target;

	if (!identifier_is_valid(value->text))
		config_errors_add(errors, value->line, "Map=%s is no name of a map of the object",
				  value->text);
	return schema_copy(value, &metric->map);
}

static int store_type(void *target, const struct schema_value *value, struct config_errors *errors)
{
	static const struct schema_choice choices[] = {
		{.name = "counter", .value = METRIC_KIND_COUNTER},
		{.name = "gauge", .value = METRIC_KIND_GAUGE},
		{.name = "histogram", .value = METRIC_KIND_HISTOGRAM}};
	struct unit_metric *metric = target;
	int kind;

	if (schema_choose(value, choices, ARRAY_SIZE(choices), &kind, errors))
		metric->kind = (enum metric_kind)kind;
	return 0;
}

static int store_unit(void *target, const struct schema_value *value, struct config_errors *errors)
{
	static const struct schema_choice choices[] = {
		{.name = "none", .value = METRIC_UNIT_NONE},
		{.name = "bytes", .value = METRIC_UNIT_BYTES},
		{.name = "ns", .value = METRIC_UNIT_NS},
		{.name = "us", .value = METRIC_UNIT_US},
		{.name = "ms", .value = METRIC_UNIT_MS},
		{.name = "s", .value = METRIC_UNIT_S}};
	struct unit_metric *metric = target;
	int unit;

	if (schema_choose(value, choices, ARRAY_SIZE(choices), &unit, errors))
		metric->unit = (enum metric_unit)unit;
	return 0;
}

static int copy_field(const struct schema_value *value, char **field, struct config_errors *errors)
{
	if (!unit_entry_field_is_valid(value->text))
		config_errors_add(errors, value->line,
				  "%s=%s is no field of a map's entry; name key, value, or one of "
				  "theirs, as value.bytes",
				  value->key, value->text);
	return schema_copy(value, field);
}

static int store_value(void *target, const struct schema_value *value, struct config_errors *errors)
{
	struct unit_metric *metric = target;

	if (strcmp(value->text, METRIC_VALUE_ENTRIES) == 0)
		return schema_copy(value, &metric->value);
	return copy_field(value, &metric->value, errors);
}

static int store_sum(void *target, const struct schema_value *value, struct config_errors *errors)
{
	struct unit_metric *metric = target;

	return copy_field(value, &metric->sum, errors);
}

static int store_bucket(void *target, const struct schema_value *value,
			struct config_errors *errors)
{
	struct unit_metric *metric = target;

	return copy_field(value, &metric->bucket, errors);
}

/* A number from `least` to `most`; others are an error, and leave *ret alone. */
static int store_number(const struct schema_value *value, uint64_t least, uint64_t most,
			uint64_t *ret, struct config_errors *errors)
{
	uint64_t number;

	if (str_to_u64(value->text, &number) < 0 || number < least || number > most)
		config_errors_add(errors, value->line,
				  "%s= cannot be '%s'; it is a number from %" PRIu64 " to %" PRIu64,
				  value->key, value->text, least, most);
	else
		*ret = number;
	return 0;
}

static int store_bucket_count(void *target, const struct schema_value *value,
			      struct config_errors *errors)
{
	struct unit_metric *metric = target;

	return store_number(value, 2, UNIT_METRIC_BUCKETS_MAX, &metric->bucket_count, errors);
}

/* STEP or STEP:START behind "linear:". */
static bool parse_linear(const char *text, struct unit_metric *metric)
{
	const char *colon = strchr(text, ':');
	char step[32];

	if (!colon)
		return str_to_u64(text, &metric->step) == 0 && metric->step > 0;
	return (size_t)(colon - text) < sizeof(step) &&
	       str_format(step, sizeof(step), "%.*s", (int)(colon - text), text) == 0 &&
	       str_to_u64(step, &metric->step) == 0 && metric->step > 0 &&
	       str_to_u64(colon + 1, &metric->start) == 0;
}

static int store_buckets(void *target, const struct schema_value *value,
			 struct config_errors *errors)
{
	struct unit_metric *metric = target;
	const char *linear;

	if (strcmp(value->text, "log2") == 0)
		metric->buckets = METRIC_BUCKETS_LOG2;
	else if (str_has_prefix(value->text, "linear:", &linear) && parse_linear(linear, metric))
		metric->buckets = METRIC_BUCKETS_LINEAR;
	else
		config_errors_add(errors, value->line,
				  "Buckets= cannot be '%s'; it is log2, linear:STEP or "
				  "linear:STEP:START",
				  value->text);
	return 0;
}

static int store_help(void *target, const struct schema_value *value, struct config_errors *errors)
{
	struct unit_metric *metric = target;

	(void)errors;
	return schema_copy(value, &metric->help);
}

static int store_max_series(void *target, const struct schema_value *value,
			    struct config_errors *errors)
{
	struct unit_metric *metric = target;

	return store_number(value, 1, SERIES_LIMIT, &metric->max_series, errors);
}

/* ---- Labels= ---- */

static bool parse_naming(const char *word, enum metric_naming *ret)
{
	static const char *const names[] = {[NAMING_CGROUP] = "cgroup",
					    [NAMING_INTERFACE] = "interface",
					    [NAMING_SYSCALL] = "syscall"};

	for (enum metric_naming naming = NAMING_CGROUP; naming <= NAMING_SYSCALL; naming++)
		if (strcmp(word, names[naming]) == 0) {
			*ret = naming;
			return true;
		}
	return false;
}

static int store_decoder(struct unit_metric *metric, struct unit_metric_label *label,
			 const char *word, unsigned line, struct config_errors *errors)
{
	struct unit_format *formats, *added;
	enum field_format format;

	if (parse_naming(word, &label->naming))
		return 0;
	if (!field_format_parse(word, &format)) {
		config_errors_add(errors, line,
				  "Labels=: unknown decoder '%s'; there are cgroup, interface, "
				  "syscall, " FIELD_FORMATS,
				  word);
		return 0;
	}
	formats = schema_grow(metric->formats, metric->format_count, sizeof(*formats));
	if (!formats)
		return -ENOMEM;
	metric->formats = formats;
	formats[metric->format_count] = (struct unit_format){
		.format = format, .field = strdup(label->field), .label = strdup(label->name)};
	added = &formats[metric->format_count++];
	return added->field && added->label ? 0 : -ENOMEM;
}

static void check_label(const struct unit_metric *metric, const char *name, const char *field,
			unsigned line, struct config_errors *errors)
{
	if (!is_name(name) || strcmp(name, "unit") == 0 || strcmp(name, "le") == 0)
		config_errors_add(errors, line,
				  "Labels=: '%s' is no name of a label; it has small letters, "
				  "digits and '_', starts with a letter, and is not unit or le",
				  name);
	for (size_t i = 0; i < metric->label_count; i++)
		if (strcmp(metric->labels[i].name, name) == 0)
			config_errors_add(errors, line, "Labels=: '%s' is there twice", name);
	if (!unit_entry_field_is_valid(field))
		config_errors_add(errors, line,
				  "Labels=: '%s' is no field of a map's entry; name key, value, or "
				  "one of theirs, as key.saddr",
				  field);
}

/* NAME:FIELD or NAME:FIELD:DECODER. */
static int add_label(void *target, char *word, unsigned line, struct config_errors *errors)
{
	struct unit_metric *metric = target;
	const char *name = strsep(&word, ":");
	const char *field = word ? strsep(&word, ":") : NULL;
	struct unit_metric_label *label = &metric->labels[metric->label_count];

	if (!field) {
		config_errors_add(errors, line,
				  "Labels=: '%s' is not NAME:FIELD or NAME:FIELD:DECODER", name);
		return 0;
	}
	if (metric->label_count == UNIT_METRIC_LABELS_MAX) {
		config_errors_add(errors, line, "Labels=: more than %d", UNIT_METRIC_LABELS_MAX);
		return 0;
	}
	check_label(metric, name, field, line, errors);
	*label = (struct unit_metric_label){.name = strdup(name), .field = strdup(field)};
	metric->label_count++;
	if (!label->name || !label->field)
		return -ENOMEM;
	return word ? store_decoder(metric, label, word, line, errors) : 0;
}

static int store_labels(void *target, const struct schema_value *value,
			struct config_errors *errors)
{
	return schema_for_each_word(value, target, add_label, errors);
}

const struct schema_key unit_metric_keys[UNIT_METRIC_KEYS] = {
	{.name = "Map", .store = store_map, .required = true},
	{.name = "Type", .store = store_type},
	{.name = "Value", .store = store_value},
	{.name = "Sum", .store = store_sum},
	{.name = "Bucket", .store = store_bucket},
	{.name = "BucketCount", .store = store_bucket_count},
	{.name = "Unit", .store = store_unit},
	{.name = "Buckets", .store = store_buckets},
	{.name = "Labels", .store = store_labels},
	{.name = "MaxSeries", .store = store_max_series},
	{.name = "Help", .store = store_help},
};

static void check_metric(const struct unit_metric *metric, struct config_errors *errors)
{
	const bool is_histogram = metric->kind == METRIC_KIND_HISTOGRAM;

	if (!is_histogram && (metric->sum || metric->bucket))
		config_errors_add(errors, metric->line,
				  "[Metric %s] has %s=, which only a histogram has", metric->name,
				  metric->sum ? "Sum" : "Bucket");
	if (metric->bucket_count && !metric->bucket)
		config_errors_add(
			errors, metric->line,
			"[Metric %s] has BucketCount=, which is for Bucket=", metric->name);
	for (size_t i = 0; metric->bucket && i < metric->label_count; i++)
		if (strcmp(metric->labels[i].field, metric->bucket) == 0)
			config_errors_add(errors, metric->line,
					  "[Metric %s]: the field of Bucket= cannot be a label too",
					  metric->name);
}

void unit_metrics_check(const struct unit_file *file, struct config_errors *errors)
{
	for (size_t i = 0; i < file->metric_count; i++)
		check_metric(&file->metrics[i], errors);
}
