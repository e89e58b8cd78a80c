/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/difference.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/kernel/selector.h"
#include "daemon/state/history.h"
#include "daemon/unit/operation.h"
#include "lib/cleanup.h"

static int configured_path(const struct units *units, const char *name, char ret[PATH_MAX])
{
	return str_format(ret, PATH_MAX, "%s/%s.conf", units->context->settings->units_directory,
			  name);
}

static const struct manifest *manifest_in_force(const struct unit *unit)
{
	int active = unit_active(unit);

	return active == BANK_NONE ? NULL : unit->banks[active].manifest;
}

bool difference_is_configured(const struct unit *unit)
{
	const struct manifest *manifest = manifest_in_force(unit);
	char path[PATH_MAX];

	return manifest && configured_path(unit->units, unit->name, path) == 0 &&
	       strcmp(manifest->file, path) == 0;
}

/* ---- what the unit file said before ---- */

/* The youngest generation of the history that was made from the unit file as it stood; 0: none. */
static uint32_t last_read(const char *state, const char *unit)
{
	json_t *list = history_to_json(state, unit), *entry;
	uint32_t generation = 0;
	size_t i;

	json_array_foreach (list, i, entry)
		if (json_integer_value(json_object_get(entry, "again")) == 0) {
			generation =
				(uint32_t)json_integer_value(json_object_get(entry, "generation"));
			break;
		}
	json_decref(list);
	return generation;
}

/* Without a history there is only what the two banks know: the younger one was read last. */
static bool is_as_in_banks(const struct unit *unit, const char *text)
{
	const struct manifest *a = unit->banks[0].manifest, *b = unit->banks[1].manifest;
	const struct manifest *younger = !a || (b && b->generation > a->generation) ? b : a;

	return strcmp(younger->config, text) == 0;
}

static bool is_as_last_read(const struct unit *unit, const char *text)
{
	const char *state = unit->units->context->state_directory;
	uint32_t generation = state ? last_read(state, unit->name) : 0;
	struct history_entry entry;
	bool same;

	if (generation == 0 || history_read(state, unit->name, generation, &entry) < 0)
		return is_as_in_banks(unit, text);
	same = strcmp(entry.config, text) == 0;
	history_entry_deinit(&entry);
	return same;
}

/* ---- the answer ---- */

/* A unit that nothing can be told of, or done with. */
static int check_unit(const struct unit *unit, struct failure *reterr_failure)
{
	if (unit->operation)
		return operation_refuse_busy(unit, reterr_failure);
	if (!unit->read_only && manifest_in_force(unit))
		return 0;
	return failure_set(reterr_failure, OUTCOME_REFUSED, -EUCLEAN,
			   "unit %s is left as it is (%s); `ebpfctl status %s` says more",
			   unit->name, unit->reason ? unit->reason : "nothing is in force",
			   unit->name);
}

static enum difference compare(const struct unit *unit, const struct unit_file *file, char *note)
{
	uint32_t override_ = unit_selector(unit)->override_;
	const char *config = manifest_in_force(unit)->config;
	bool same = override_ == EBPFD_OVERRIDE_ROLLBACK ? is_as_last_read(unit, file->text)
							 : strcmp(config, file->text) == 0;

	if (override_ != EBPFD_OVERRIDE_NONE)
		(void)snprintf(note, DIFFERENCE_NOTE_MAX,
			       same ? "the override (%s) stays in force"
				    : "the unit file has changed: the override (%s) ends",
			       override_name(override_));
	return same ? DIFFERENCE_NONE : DIFFERENCE_CHANGED;
}

/*
 * A link to nowhere is a broken unit file, not one that was taken away; and without the directory
 * itself nobody knows.
 */
static bool is_gone(int err, const struct units *units, const char *path)
{
	struct stat status;

	return err == -ENOENT && lstat(path, &status) < 0 && errno == ENOENT &&
	       access(units->context->settings->units_directory, F_OK) == 0;
}

int difference_find(const struct units *units, const char *name, enum difference *ret, char *note,
		    struct failure *reterr_failure)
{
	const struct unit *unit = units_find(units, name);
	cleanup_unit_file struct unit_file *file = NULL;
	char path[PATH_MAX];
	int err = unit ? check_unit(unit, reterr_failure) : 0;

	note[0] = '\0';
	if (err)
		return err;
	if (unit && !difference_is_configured(unit)) {
		(void)snprintf(note, DIFFERENCE_NOTE_MAX, "it was loaded from another file");
		*ret = DIFFERENCE_NONE;
		return 0;
	}
	err = configured_path(units, name, path);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err, "%s.conf", name);
	err = unit_file_open(path, unit ? name : NULL, &file, reterr_failure);
	if (err && !is_gone(err, units, path))
		return err;
	if (!unit)
		*ret = err ? DIFFERENCE_NONE : DIFFERENCE_NEW;
	else
		*ret = err ? DIFFERENCE_GONE : compare(unit, file, note);
	return 0;
}
