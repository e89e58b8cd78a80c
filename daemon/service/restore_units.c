/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/restore_units.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/service/asker.h"
#include "daemon/service/journal_message.h"
#include "daemon/service/sequence.h"
#include "daemon/state/history.h"
#include "daemon/unit/operations.h"
#include "lib/log.h"

struct restore {
	struct units *units;
	struct sequence sequence;
	json_t *asked_by;
	bool configured; /* its unit file is that of UnitsDirectory= */
	bool own_object; /* the second try, of which the unit has a remark */
	char remark[FAILURE_TEXT_MAX];
	restore_units_done_fn done;
	void *data;
};

static const char *name_of(const struct restore *restore)
{
	return sequence_name(&restore->sequence);
}

/* Where UnitsDirectory= has the unit's file, if it has. */
static int configured_path(const struct restore *restore, char ret[PATH_MAX])
{
	return str_format(ret, PATH_MAX, "%s/%s.conf",
			  restore->units->context->settings->units_directory, name_of(restore));
}

/* ---- which ones ---- */

/* Whether UnitsDirectory= has the file that the generation was made from. */
static bool is_configured(const struct restore *restore, uint32_t generation, const char *path)
{
	const char *state = restore->units->context->state_directory;
	struct history_entry entry;
	bool configured;

	if (history_read(state, name_of(restore), generation, &entry) < 0)
		return access(path, F_OK) == 0; /* what is wrong is told when it is tried */
	configured = strcmp(entry.file, path) == 0;
	history_entry_deinit(&entry);
	return configured;
}

/* A unit file that was taken out of UnitsDirectory= takes its unit with it. */
static bool is_wanted(struct restore *restore, const struct history_current *current)
{
	char path[PATH_MAX];

	if (configured_path(restore, path) < 0)
		return false;
	restore->configured = is_configured(restore, current->generation, path);
	if (!restore->configured)
		return true;
	if (access(path, F_OK) < 0) {
		log_info("unit %s: was in force, but %s is gone; it stays unloaded",
			 name_of(restore), path);
		return false;
	}
	return current->override_ != EBPFD_OVERRIDE_NONE;
}

static bool is_due(struct restore *restore)
{
	const char *state = restore->units->context->state_directory;
	struct history_current current;
	int err;

	if (!unit_name_is_valid(name_of(restore)) || units_find(restore->units, name_of(restore)))
		return false;
	err = history_read_current(state, name_of(restore), &current);
	if (err && err != -ENOENT)
		log_warning("unit %s: cannot read what was in force: %s", name_of(restore),
			    strerror(-err));
	if (err || !is_wanted(restore, &current))
		return false;
	(void)snprintf(restore->remark, sizeof(restore->remark),
		       "brought back from the history, generation %u again", current.generation);
	return true;
}

/* ---- one after the other ---- */

static void restore_failed(struct restore *restore, const char *text)
{
	journal_message(JOURNAL_MESSAGE_UNIT_FAILED, LOG_ERR,
			&(struct journal_fields){.unit = name_of(restore), .operation = "load"},
			"unit %s: %s", name_of(restore), text);
	failed_units_add(&restore->units->failed, name_of(restore), text, restore->configured);
}

static bool begin_fallback(struct restore *restore, const struct failure *failure);

static void ended(void *data, json_t *receipt, const struct failure *failure)
{
	struct restore *restore = data;

	if (receipt)
		log_info("unit %s: %s", name_of(restore), restore->remark);
	else if (begin_fallback(restore, failure))
		return;
	sequence_next(&restore->sequence);
}

static int begin(struct restore *restore,
		 int (*verb)(struct units *, const struct operation_request *, struct failure *),
		 struct failure *failure)
{
	const struct operation_request request = {
		.unit = name_of(restore),
		.object_fd = -1,
		.file_fd = -1,
		.log_fd = -1,
		.own_object = restore->own_object,
		.remark = restore->remark,
		.client = {.asked_by = restore->asked_by, .done = ended, .data = restore},
	};

	return verb(restore->units, &request, failure);
}

/* Whether a second try was begun. */
static bool begin_fallback(struct restore *restore, const struct failure *failure)
{
	struct failure second;

	if (restore->own_object || restore->units->stopping) {
		restore_failed(restore, failure->text);
		return false;
	}
	log_warning("unit %s: what was in force cannot be had again: %s", name_of(restore),
		    failure->text);
	restore->own_object = true;
	(void)snprintf(restore->remark, sizeof(restore->remark),
		       "what was in force before cannot be had again, the unit file's object is "
		       "loaded instead: %.3500s",
		       failure->text);
	if (begin(restore, restore->configured ? units_load : units_restore, &second) == 0)
		return true;
	restore_failed(restore, second.text);
	return false;
}

static bool begin_restore(void *data, const char *name)
{
	struct restore *restore = data;
	struct failure failure;

	(void)name; /* name_of() has it for all */
	if (!is_due(restore))
		return false;
	restore->own_object = false;
	return begin(restore, units_restore, &failure) == 0 || begin_fallback(restore, &failure);
}

static void all_ended(void *data)
{
	struct restore *restore = data;

	if (!restore->units->stopping)
		restore->done(restore->data);
	sequence_deinit(&restore->sequence);
	json_decref(restore->asked_by);
	free(restore);
}

int restore_units(struct units *units, restore_units_done_fn done, void *data)
{
	struct restore *restore = calloc(1, sizeof(*restore));
	char path[PATH_MAX];

	if (!restore)
		return -ENOMEM;
	*restore = (struct restore){
		.units = units, .asked_by = asker_daemon(ASKER_START), .done = done, .data = data};
	restore->sequence = (struct sequence){
		.units = units, .begin = begin_restore, .done = all_ended, .data = restore};
	/* What is not there, or cannot be read, brings nothing back. */
	if (str_format(path, sizeof(path), "%s/units", units->context->state_directory) == 0)
		(void)sequence_add_files(&restore->sequence, path, "");
	sequence_next(&restore->sequence);
	return 0;
}
