/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first generation of a unit that is not loaded: load and restore. */
#include <errno.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/state/history.h"
#include "daemon/unit/begin.h"
#include "daemon/unit/operations.h"
#include "daemon/unit/recall.h"

/* ---- load ---- */

static int read_for_load(const struct units *units, const struct operation_request *request,
			 struct unit_file **ret, struct failure *reterr_failure)
{
	char path[PATH_MAX];
	int err;

	if (request->file_fd >= 0) {
		err = unit_file_read(request->file_fd, request->file_path, request->unit, ret,
				     reterr_failure);
		return err ? begin_refuse_file(err, reterr_failure) : 0;
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
	return err ? begin_refuse_file(err, reterr_failure) : 0;
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

int begin_first(struct units *units, const struct operation_request *request,
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
	int err = begin_check_name(request->unit, reterr_failure);

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

int begin_load(struct units *units, const struct operation_request *request,
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

int begin_restore(struct units *units, const struct operation_request *request,
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
