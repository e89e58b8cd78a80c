/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/start_units.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/unit/operations.h"
#include "lib/log.h"
#include "lib/str.h"

#define SUFFIX ".conf"

struct start {
	struct units *units;
	struct dirent **entries;
	int count, next;
	start_units_done_fn done;
	void *data;
};

static int is_unit_file(const struct dirent *entry)
{
	const char *suffix = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && suffix && strcmp(suffix, SUFFIX) == 0;
}

static void load_next(struct start *start);

static void load_ended(void *data, json_t *receipt, const struct failure *failure)
{
	struct start *start = data;

	if (!receipt)
		log_error("%s: %s", start->entries[start->next - 1]->d_name, failure->text);
	load_next(start);
}

/* Whether a load was begun, which calls load_ended(). */
static bool begin_load(struct start *start, const char *file_name)
{
	struct operation_request request = {.object_fd = -1,
					    .file_fd = -1,
					    .log_fd = -1,
					    .client = {.done = load_ended, .data = start}};
	struct failure failure;
	char name[NAME_MAX + 1];

	(void)snprintf(name, sizeof(name), "%.*s", (int)(strlen(file_name) - strlen(SUFFIX)),
		       file_name);
	if (units_find(start->units, name))
		return false;
	request.unit = name;
	if (verb_load(start->units, &request, &failure) == 0)
		return true;
	log_error("%s: %s", file_name, failure.text);
	return false;
}

static void start_free(struct start *start)
{
	for (int i = 0; i < start->count; i++)
		free(start->entries[i]);
	free(start->entries);
	free(start);
}

static void load_next(struct start *start)
{
	start_units_done_fn done = start->done;
	void *data = start->data;

	while (start->next < start->count && !start->units->stopping)
		if (begin_load(start, start->entries[start->next++]->d_name))
			return;
	if (!start->units->stopping)
		done(data);
	start_free(start);
}

int start_units(struct units *units, start_units_done_fn done, void *data)
{
	const char *directory = units->context->settings->units_directory;
	struct start *start = calloc(1, sizeof(*start));

	if (!start)
		return -ENOMEM;
	start->units = units;
	start->done = done;
	start->data = data;
	start->count = scandir(directory, &start->entries, is_unit_file, alphasort);
	if (start->count < 0) {
		if (errno != ENOENT)
			log_warning("cannot read %s: %s", directory, strerror(errno));
		start->count = 0;
	}
	load_next(start);
	return 0;
}
