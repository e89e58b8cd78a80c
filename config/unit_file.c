/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/unit_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/source.h"
#include "config/unit_metric_section.h"
#include "config/unit_sections.h"
#include "lib/cleanup.h"

#define SUFFIX ".conf"

static void map_deinit(struct unit_map *map)
{
	unit_formats_free(map->formats, map->format_count);
	free(map->name);
}

static void events_deinit(struct unit_events *events)
{
	for (size_t i = 0; i < events->record_count; i++)
		free(events->records[i]);
	free(events->records);
	unit_formats_free(events->formats, events->format_count);
	free(events->sink_path);
	free(events->name);
}

void unit_file_free(struct unit_file *file)
{
	if (!file)
		return;
	for (size_t i = 0; i < file->set_count; i++) {
		free(file->sets[i].name);
		free(file->sets[i].value);
	}
	for (size_t i = 0; i < file->hook_count; i++)
		free(file->hooks[i].program);
	for (size_t i = 0; i < file->map_count; i++)
		map_deinit(&file->maps[i]);
	for (size_t i = 0; i < file->event_count; i++)
		events_deinit(&file->events[i]);
	for (size_t i = 0; i < file->metric_count; i++)
		unit_metric_deinit(&file->metrics[i]);
	free(file->metrics);
	free(file->sets);
	free(file->hooks);
	free(file->maps);
	free(file->events);
	free(file->object);
	free(file->description);
	free(file->text);
	free(file->path);
	free(file);
}

/* A shared map is kept by nature, and its contents are not one unit's to drop. */
static void check_shared(const struct unit_map *map, struct config_errors *errors)
{
	if (map->keep == KEEP_NO)
		config_errors_add(errors, map->line,
				  "[Map %s] has Shared= and Keep=no; a shared map is kept always",
				  map->name);
	if (map->on_change == ON_CHANGE_RESET)
		config_errors_add(errors, map->line,
				  "[Map %s] has Shared= and OnChange=reset; a shared map is never "
				  "reset: to begin with an empty one, give another name in Shared=",
				  map->name);
}

static void check_maps(const struct unit_file *file, struct config_errors *errors)
{
	for (size_t i = 0; i < file->map_count; i++) {
		const struct unit_map *map = &file->maps[i];

		if (!*map->shared)
			continue;
		check_shared(map, errors);
		for (size_t j = 0; j < i; j++)
			if (strcmp(file->maps[j].shared, map->shared) == 0)
				config_errors_add(errors, map->line,
						  "[Map %s] and [Map %s] have the same Shared=%s",
						  file->maps[j].name, map->name, map->shared);
	}
}

/* What only the whole file shows. */
static void cross_check(const struct unit_file *file, struct config_errors *errors)
{
	check_maps(file, errors);
	unit_metrics_check(file, errors);
	for (size_t i = 0; i < file->event_count; i++) {
		const struct unit_events *events = &file->events[i];

		if (events->format_count > 0 && events->record_count == 0)
			config_errors_add(errors, events->line,
					  "[Events %s] has Format= without Record=", events->name);
		if (events->check != CHECK_NONE && events->record_count != 1)
			config_errors_add(errors, events->line,
					  "[Events %s] has Check=, which needs one struct in "
					  "Record=",
					  events->name);
	}
}

/* A struct with name, path and text; the name is legal. */
static struct unit_file *unit_file_new(const char *name, const char *path, const char *text,
				       size_t length)
{
	cleanup_unit_file struct unit_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	(void)str_format(file->name, sizeof(file->name), "%s", name);
	file->path = strdup(path);
	file->text = malloc(length + 1);
	if (!file->path || !file->text)
		return NULL;
	if (length > 0)
		memcpy(file->text, text, length);
	file->text[length] = '\0';
	file->text_length = length;
	return TAKE_PTR(file);
}

static int check_name(const char *name, const char *path, struct failure *reterr_failure)
{
	if (unit_name_is_valid(name))
		return 0;
	return failure_set(
		reterr_failure, OUTCOME_FAILED, -EINVAL,
		"%s: '%s' is no legal name of a unit; it has 1 to %d small letters, digits, "
		"'_' and '-', starts with a letter or digit, and is not 'shared' or "
		"'gone-…'",
		path, name, NAME_MAX_LENGTH);
}

static int out_of_memory(const char *path, struct failure *reterr_failure)
{
	return failure_set_errno(reterr_failure, OUTCOME_FAILED, -ENOMEM, "%s", path);
}

int unit_file_parse(const char *name, const char *path, const char *text, size_t length,
		    struct unit_file **ret, struct failure *reterr_failure)
{
	CLEANUP(config_errors_deinit) struct config_errors errors = {0};
	cleanup_unit_file struct unit_file *file = NULL;
	int err;

	err = check_name(name, path, reterr_failure);
	if (err)
		return err;
	if (length > UNIT_FILE_SIZE_MAX)
		return failure_set(reterr_failure, OUTCOME_FAILED, -EINVAL,
				   "%s: the file is larger than %lu bytes", path,
				   UNIT_FILE_SIZE_MAX);
	file = unit_file_new(name, path, text, length);
	if (!file)
		return out_of_memory(path, reterr_failure);
	err = schema_read(&unit_schema, text, length, file, &errors);
	if (err)
		return out_of_memory(path, reterr_failure);
	cross_check(file, &errors);
	err = config_errors_report(&errors, path, reterr_failure);
	if (err)
		return err;
	*ret = TAKE_PTR(file);
	return 0;
}

/* The base name without ".conf", cut where no legal name would fit. */
static void name_of_path(const char *path, char *buffer, size_t size)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t length = strlen(base), suffix = strlen(SUFFIX);

	if (length > suffix && strcmp(base + length - suffix, SUFFIX) == 0)
		length -= suffix;
	length = MIN(length, size - 1);
	memcpy(buffer, base, length);
	buffer[length] = '\0';
}

int unit_file_read(int fd, const char *path, const char *name, struct unit_file **ret,
		   struct failure *reterr_failure)
{
	cleanup_free char *text = NULL;
	char from_path[NAME_MAX_LENGTH + 2];
	size_t length;
	int err;

	if (!name) {
		name_of_path(path, from_path, sizeof(from_path));
		name = from_path;
	}
	err = source_read(fd, path, UNIT_FILE_SIZE_MAX, &text, &length, reterr_failure);
	if (err)
		return err;
	return unit_file_parse(name, path, text, length, ret, reterr_failure);
}

int unit_file_open(const char *path, const char *name, struct unit_file **ret,
		   struct failure *reterr_failure)
{
	cleanup_close int fd = -1;
	int err = source_open(path, &fd, reterr_failure);

	if (err)
		return err;
	return unit_file_read(fd, path, name, ret, reterr_failure);
}
