/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/unit/history.h"
#include "daemon/unit/operations.h"
#include "daemon/unit/recall.h"
#include "lib/cleanup.h"

static int check_name(const char *name, struct failure *reterr_failure)
{
	if (unit_name_is_valid(name))
		return 0;
	return failure_set(
		reterr_failure, OUTCOME_USAGE, -EINVAL,
		"\"%s\" is no unit name: a to z, 0 to 9, _ and -, at most %d, a letter or "
		"digit first, and neither \"shared\" nor \"gone-…\"",
		name, NAME_MAX_LENGTH);
}

/* The unit, if an operation may begin on it. */
static struct unit *find_ready(struct units *units, const char *name,
			       struct failure *reterr_failure)
{
	struct unit *unit;

	if (check_name(name, reterr_failure) < 0)
		return NULL;
	unit = units_find(units, name);
	if (!unit)
		(void)failure_set(reterr_failure, OUTCOME_NO_SUCH_UNIT, -ENOENT,
				  "no unit \"%s\" is loaded (ebpfctl list shows what is)", name);
	else if (unit->operation)
		(void)operation_refuse_busy(unit, reterr_failure);
	else if (unit->read_only)
		(void)failure_set(
			reterr_failure, OUTCOME_REFUSED, -EPROTO,
			"unit %s is left alone (%s); if nobody needs it, remove %s/%s and start "
			"ebpfd again",
			name, unit->reason, units->context->root, name);
	else
		return unit;
	return NULL;
}

/* A unit whose active generation could not be opened can only be unloaded. */
static int check_open(const struct unit *unit, struct failure *reterr_failure)
{
	int active = unit_active(unit);

	if (active != BANK_NONE && unit->banks[active].manifest)
		return 0;
	return failure_set(reterr_failure, OUTCOME_REFUSED, -EUCLEAN,
			   "unit %s is degraded (%s); unload it and load it", unit->name,
			   unit->reason ? unit->reason : "nothing is in force");
}

static int refuse_file(int err, struct failure *reterr_failure)
{
	if (reterr_failure)
		reterr_failure->outcome = OUTCOME_REFUSED;
	return err;
}

/* ---- load ---- */

static int read_for_load(const struct units *units, const struct operation_request *request,
			 struct unit_file **ret, struct failure *reterr_failure)
{
	char path[PATH_MAX];
	int err;

	if (request->file_fd >= 0) {
		err = unit_file_read(request->file_fd, request->file_path, request->unit, ret,
				     reterr_failure);
		return err ? refuse_file(err, reterr_failure) : 0;
	}
	err = str_format(path, sizeof(path), "%s/%s.conf",
			 units->context->settings->units_directory, request->unit);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err, "%s", request->unit);
	err = unit_file_open(path, request->unit, ret, reterr_failure);
	if (err == -ENOENT)
		return failure_set(reterr_failure, OUTCOME_NO_SUCH_UNIT, err,
				   "no unit file \"%s\"; write it, or give a file: "
				   "ebpfctl load PATH.conf",
				   path);
	return err ? refuse_file(err, reterr_failure) : 0;
}

/* Generation 1, or the next one where the history knows some. */
static int start_first(struct units *units, const struct operation_request *request,
		       struct operation *operation, const struct operation_kind *kind)
{
	const char *state = units->context->state_directory;
	struct unit *unit = units_add(units, request->unit);

	if (!unit)
		return -ENOMEM;
	operation->to = 0;
	operation->to_generation = state ? history_next_generation(state, request->unit) : 1;
	operation_start(unit, kind, operation);
	return 0;
}

/* The first generation of a unit, for load and for its plan. */
static int begin_first(struct units *units, const struct operation_request *request,
		       struct operation *operation, const struct operation_kind *kind,
		       struct failure *reterr_failure)
{
	int err = read_for_load(units, request, &operation->file, reterr_failure);

	return err ? err : start_first(units, request, operation, kind);
}

static int check_not_loaded(const struct units *units, const struct operation_request *request,
			    struct failure *reterr_failure)
{
	const struct unit *unit;
	int err = check_name(request->unit, reterr_failure);

	if (err)
		return err;
	unit = units_find(units, request->unit);
	if (unit && unit->operation)
		return operation_refuse_busy(unit, reterr_failure);
	if (unit)
		return failure_set(reterr_failure, OUTCOME_REFUSED, -EEXIST,
				   "unit %s is loaded already; use: ebpfctl reload %s", unit->name,
				   unit->name);
	return 0;
}

static int begin_load(struct units *units, const struct operation_request *request,
		      struct operation *operation, struct failure *reterr_failure)
{
	int err = check_not_loaded(units, request, reterr_failure);

	if (err)
		return err;
	return begin_first(units, request, operation, &operation_load, reterr_failure);
}

/* ---- restore ---- */

static int read_current(const struct units *units, const char *name, struct history_current *ret,
			struct failure *reterr_failure)
{
	const char *state = units->context->state_directory;
	int err = state ? history_read_current(state, name, ret) : -ENOENT;

	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "the history does not say what unit %s had in force",
					 name);
	return 0;
}

static int begin_restore(struct units *units, const struct operation_request *request,
			 struct operation *operation, struct failure *reterr_failure)
{
	struct history_current current = {0};
	int err = check_not_loaded(units, request, reterr_failure);

	if (!err)
		err = read_current(units, request->unit, &current, reterr_failure);
	if (!err)
		err = recall_generation(units->context, request->unit, current.generation,
					request->own_object, operation, reterr_failure);
	if (err)
		return err;
	if (!request->own_object)
		operation->override_after = current.override_;
	return start_first(units, request, operation, &operation_load);
}

/* ---- reload ---- */

static int read_for_reload(const struct unit *unit, struct unit_file **ret,
			   struct failure *reterr_failure)
{
	const char *path = unit->banks[unit_active(unit)].manifest->file;
	int err = unit_file_open(path, unit->name, ret, reterr_failure);

	if (err == -ENOENT)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, err,
			"the unit file \"%s\" is gone; bring it back, or unload the unit and "
			"load it from another file",
			path);
	return err ? refuse_file(err, reterr_failure) : 0;
}

/* The two banks and generations of a flip that makes a new generation. */
static void aim_at_idle(struct operation *operation, const struct unit *unit)
{
	const struct ebpfd_selector *selector = unit_selector(unit);

	operation->from = unit_active(unit);
	operation->to = !operation->from;
	operation->from_generation = selector->generation[operation->from];
	operation->to_generation = selector->next_generation;
	operation->retired_generation = selector->generation[operation->to];
}

/* The next generation of a unit in force, for reload and for its plan. */
static int begin_next(struct units *units, const struct operation_request *request,
		      struct operation *operation, const struct operation_kind *kind,
		      struct failure *reterr_failure)
{
	struct unit *unit = find_ready(units, request->unit, reterr_failure);
	int err;

	if (!unit)
		return -EINVAL;
	err = check_open(unit, reterr_failure);
	if (!err)
		err = read_for_reload(unit, &operation->file, reterr_failure);
	if (err)
		return err;
	aim_at_idle(operation, unit);
	operation->override_after =
		request->object_fd >= 0 ? EBPFD_OVERRIDE_OBJECT : EBPFD_OVERRIDE_NONE;
	operation_start(unit, kind, operation);
	return 0;
}

static int begin_reload(struct units *units, const struct operation_request *request,
			struct operation *operation, struct failure *reterr_failure)
{
	return begin_next(units, request, operation, &operation_reload, reterr_failure);
}

/* ---- rollback ---- */

static int flip_back(struct unit *unit, struct operation *operation, struct failure *reterr_failure)
{
	const struct ebpfd_selector *selector;

	if (unit_former(unit) == BANK_NONE || !unit->banks[unit_former(unit)].manifest)
		return failure_set(reterr_failure, OUTCOME_REFUSED, -ENOENT,
				   "unit %s has no former generation to go back to", unit->name);
	selector = unit_selector(unit);
	operation->from = unit_active(unit);
	operation->to = unit_former(unit);
	operation->from_generation = selector->generation[operation->from];
	operation->to_generation = selector->generation[operation->to];
	operation->override_after = EBPFD_OVERRIDE_ROLLBACK;
	operation_start(unit, &operation_rollback, operation);
	return 0;
}

/* To what is not loaded any more: from the history, as a generation of its own. */
static int roll_far_back(struct unit *unit, uint32_t generation, struct operation *operation,
			 struct failure *reterr_failure)
{
	int err = recall_generation(unit->units->context, unit->name, generation, false, operation,
				    reterr_failure);

	if (err)
		return err;
	aim_at_idle(operation, unit);
	operation->override_after = EBPFD_OVERRIDE_ROLLBACK;
	operation_start(unit, &operation_rollback_far, operation);
	return 0;
}

static bool is_former(const struct unit *unit, uint32_t generation)
{
	int former = unit_former(unit);

	return former != BANK_NONE && unit_selector(unit)->generation[former] == generation &&
	       unit->banks[former].manifest;
}

static int begin_rollback(struct units *units, const struct operation_request *request,
			  struct operation *operation, struct failure *reterr_failure)
{
	struct unit *unit = find_ready(units, request->unit, reterr_failure);
	uint32_t generation = request->generation;
	int err;

	if (!unit)
		return -EINVAL;
	err = check_open(unit, reterr_failure);
	if (err)
		return err;
	if (generation == 0 || is_former(unit, generation))
		return flip_back(unit, operation, reterr_failure);
	if (generation == unit_selector(unit)->generation[unit_active(unit)])
		return failure_set(reterr_failure, OUTCOME_REFUSED, -EEXIST,
				   "generation %u of unit %s is in force already", generation,
				   unit->name);
	return roll_far_back(unit, generation, operation, reterr_failure);
}

/* ---- unload ---- */

static int begin_unload(struct units *units, const struct operation_request *request,
			struct operation *operation, struct failure *reterr_failure)
{
	struct unit *unit = find_ready(units, request->unit, reterr_failure);
	int active;

	if (!unit)
		return -EINVAL;
	active = unit_active(unit);
	operation->from = active == BANK_NONE ? 0 : active;
	operation->from_generation = unit_selector(unit)->generation[operation->from];
	operation_start(unit, &operation_unload, operation);
	return 0;
}

/* ---- plan ---- */

static int begin_plan(struct units *units, const struct operation_request *request,
		      struct operation *operation, struct failure *reterr_failure)
{
	int err = check_name(request->unit, reterr_failure);

	if (err)
		return err;
	if (units_find(units, request->unit))
		return begin_next(units, request, operation, &operation_plan, reterr_failure);
	return begin_first(units, request, operation, &operation_plan, reterr_failure);
}

/* ---- all of them ---- */

typedef int (*begin_fn)(struct units *, const struct operation_request *, struct operation *,
			struct failure *);

static int begin(begin_fn function, struct units *units, const struct operation_request *request,
		 struct failure *reterr_failure)
{
	cleanup_close int file_fd = request->file_fd;
	struct operation *operation = operation_new(request);
	int err;

	(void)file_fd; /* used by its being closed, which clang does not see */
	if (!operation)
		return failure_set(reterr_failure, OUTCOME_FAILED, -ENOMEM, "out of memory");
	err = operation_refuse_all(units, reterr_failure);
	if (!err)
		err = function(units, request, operation, reterr_failure);
	if (err)
		operation_free(operation);
	return err;
}

int verb_load(struct units *units, const struct operation_request *request,
	      struct failure *reterr_failure)
{
	return begin(begin_load, units, request, reterr_failure);
}

int verb_restore(struct units *units, const struct operation_request *request,
		 struct failure *reterr_failure)
{
	return begin(begin_restore, units, request, reterr_failure);
}

int verb_reload(struct units *units, const struct operation_request *request,
		struct failure *reterr_failure)
{
	return begin(begin_reload, units, request, reterr_failure);
}

int verb_rollback(struct units *units, const struct operation_request *request,
		  struct failure *reterr_failure)
{
	return begin(begin_rollback, units, request, reterr_failure);
}

int verb_unload(struct units *units, const struct operation_request *request,
		struct failure *reterr_failure)
{
	return begin(begin_unload, units, request, reterr_failure);
}

int verb_plan(struct units *units, const struct operation_request *request,
	      struct failure *reterr_failure)
{
	return begin(begin_plan, units, request, reterr_failure);
}
