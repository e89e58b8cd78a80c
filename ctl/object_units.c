/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/object_units.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"

#define UNIT_FILE_SUFFIX ".conf"

static int is_unit_file(const struct dirent *entry)
{
	const char *suffix = strrchr(entry->d_name, '.');

	return suffix && suffix != entry->d_name && strcmp(suffix, UNIT_FILE_SUFFIX) == 0;
}

static int read_unit(const char *folder, const char *name, struct object_units *units,
		     struct failure *reterr_failure)
{
	cleanup_free char *path = NULL;
	int err;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -ENOMEM, "%s", folder);
	err = unit_file_open(path, NULL, &units->files[units->count], reterr_failure);
	units->count += !err;
	return err;
}

int object_units_read(const char *folder, struct object_units *ret, struct failure *reterr_failure)
{
	struct object_units units = {0};
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_unit_file, alphasort), err = 0;

	if (count < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -errno,
					 "cannot read the unit files of %s", folder);
	units.files = calloc((size_t)count + 1, sizeof(*units.files));
	if (!units.files)
		err = failure_set_errno(reterr_failure, OUTCOME_FAILED, -ENOMEM, "%s", folder);
	for (int i = 0; i < count; i++) {
		if (!err)
			err = read_unit(folder, entries[i]->d_name, &units, reterr_failure);
		free(entries[i]);
	}
	free(entries);
	if (err)
		object_units_deinit(&units);
	else
		*ret = units;
	return err;
}

void object_units_deinit(struct object_units *units)
{
	for (size_t i = 0; i < units->count; i++)
		unit_file_free(units->files[i]);
	free(units->files);
	*units = (struct object_units){0};
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool object_units_is_of(const struct unit_file *file, const char *object_path)
{
	return strcmp(base_name(file->object), base_name(object_path)) == 0;
}

static void add_option(struct loader_arguments *arguments, const char *option, const char *value)
{
	loader_arguments_add(arguments, option);
	loader_arguments_add(arguments, value);
}

static const struct unit_map *find_map(const struct unit_file *file, const char *name)
{
	for (size_t i = 0; i < file->map_count; i++)
		if (strcmp(file->maps[i].name, name) == 0)
			return &file->maps[i];
	return NULL;
}

static bool is_reset(const struct unit_file *file, const char *name)
{
	const struct unit_map *map = find_map(file, name);

	return map && map->on_change == ON_CHANGE_RESET;
}

static bool is_private(const struct unit_file *file, const char *name)
{
	const struct unit_map *map = find_map(file, name);

	for (size_t i = 0; i < file->event_count; i++)
		if (strcmp(file->events[i].name, name) == 0)
			return true;
	return map && map->keep == KEEP_NO;
}

/* What one unit gives up, another may need. */
static bool all_do(const struct object_units *units, const char *object_path,
		   bool (*does)(const struct unit_file *file, const char *name), const char *name)
{
	for (size_t i = 0; i < units->count; i++)
		if (object_units_is_of(units->files[i], object_path) &&
		    !does(units->files[i], name))
			return false;
	return true;
}

static void add_map(const struct object_units *units, const char *object_path, const char *name,
		    struct loader_arguments *arguments)
{
	if (all_do(units, object_path, is_private, name))
		add_option(arguments, "--private", name);
	if (all_do(units, object_path, is_reset, name))
		add_option(arguments, "--reset", name);
}

static void add_unit(const struct object_units *units, const char *object_path,
		     const struct unit_file *file, struct loader_arguments *arguments)
{
	for (size_t i = 0; i < file->map_count; i++) {
		if (file->maps[i].keep == KEEP_YES || *file->maps[i].shared)
			add_option(arguments, "--kept", file->maps[i].name);
		add_map(units, object_path, file->maps[i].name, arguments);
	}
	for (size_t i = 0; i < file->event_count; i++) {
		add_map(units, object_path, file->events[i].name, arguments);
		for (size_t k = 0; k < file->events[i].record_count; k++)
			add_option(arguments, "--record", file->events[i].records[k]);
	}
}

void object_units_add_arguments(const struct object_units *units, const char *object_path,
				struct loader_arguments *arguments)
{
	for (size_t i = 0; i < units->count; i++)
		if (object_units_is_of(units->files[i], object_path))
			add_unit(units, object_path, units->files[i], arguments);
}
