/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A unit that is loaded: reload, rollback and unload. */
#include <errno.h>

#include "daemon/unit/begin.h"
#include "daemon/unit/operations.h"
#include "daemon/unit/recall.h"

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
	return err ? begin_refuse_file(err, reterr_failure) : 0;
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

int begin_next(struct units *units, const struct operation_request *request,
	       struct operation *operation, const struct operation_kind *kind,
	       struct failure *reterr_failure)
{
	struct unit *unit = begin_find_ready(units, request->unit, reterr_failure);
	int err;

	if (!unit)
		return -EINVAL;
	err = begin_check_open(unit, reterr_failure);
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

int begin_reload(struct units *units, const struct operation_request *request,
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

int begin_rollback(struct units *units, const struct operation_request *request,
		   struct operation *operation, struct failure *reterr_failure)
{
	struct unit *unit = begin_find_ready(units, request->unit, reterr_failure);
	uint32_t generation = request->generation;
	int err;

	if (!unit)
		return -EINVAL;
	err = begin_check_open(unit, reterr_failure);
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

int begin_unload(struct units *units, const struct operation_request *request,
		 struct operation *operation, struct failure *reterr_failure)
{
	struct unit *unit = begin_find_ready(units, request->unit, reterr_failure);
	int active;

	if (!unit)
		return -EINVAL;
	active = unit_active(unit);
	operation->from = active == BANK_NONE ? 0 : active;
	operation->from_generation = unit_selector(unit)->generation[operation->from];
	operation_start(unit, &operation_unload, operation);
	return 0;
}
