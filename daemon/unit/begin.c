/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/begin.h"

#include <errno.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/unit/operations.h"
#include "lib/cleanup.h"

/* ---- what may be refused at once ---- */

int begin_check_name(const char *name, struct failure *reterr_failure)
{
	if (unit_name_is_valid(name))
		return 0;
	return failure_set(
		reterr_failure, OUTCOME_USAGE, -EINVAL,
		"\"%s\" is no unit name: a to z, 0 to 9, _ and -, at most %d, a letter or "
		"digit first, and neither \"shared\" nor \"gone-…\"",
		name, NAME_MAX_LENGTH);
}

struct unit *begin_find_ready(struct units *units, const char *name, struct failure *reterr_failure)
{
	struct unit *unit;

	if (begin_check_name(name, reterr_failure) < 0)
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

int begin_check_open(const struct unit *unit, struct failure *reterr_failure)
{
	int active = unit_active(unit);

	if (active != BANK_NONE && unit->banks[active].manifest)
		return 0;
	return failure_set(reterr_failure, OUTCOME_REFUSED, -EUCLEAN,
			   "unit %s is degraded (%s); unload it and load it", unit->name,
			   unit->reason ? unit->reason : "nothing is in force");
}

int begin_refuse_file(int err, struct failure *reterr_failure)
{
	if (reterr_failure)
		reterr_failure->outcome = OUTCOME_REFUSED;
	return err;
}

/* ---- plan ---- */

static int begin_plan(struct units *units, const struct operation_request *request,
		      struct operation *operation, struct failure *reterr_failure)
{
	int err = begin_check_name(request->unit, reterr_failure);

	if (err)
		return err;
	if (units_find(units, request->unit))
		return begin_next(units, request, operation, &operation_plan, reterr_failure);
	return begin_first(units, request, operation, &operation_plan, reterr_failure);
}

/* ---- all of them ---- */

static int begin(begin_fn *function, struct units *units, const struct operation_request *request,
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

int units_load(struct units *units, const struct operation_request *request,
	       struct failure *reterr_failure)
{
	return begin(begin_load, units, request, reterr_failure);
}

int units_restore(struct units *units, const struct operation_request *request,
		  struct failure *reterr_failure)
{
	return begin(begin_restore, units, request, reterr_failure);
}

int units_reload(struct units *units, const struct operation_request *request,
		 struct failure *reterr_failure)
{
	return begin(begin_reload, units, request, reterr_failure);
}

int units_rollback(struct units *units, const struct operation_request *request,
		   struct failure *reterr_failure)
{
	return begin(begin_rollback, units, request, reterr_failure);
}

int units_unload(struct units *units, const struct operation_request *request,
		 struct failure *reterr_failure)
{
	return begin(begin_unload, units, request, reterr_failure);
}

int units_plan(struct units *units, const struct operation_request *request,
	       struct failure *reterr_failure)
{
	return begin(begin_plan, units, request, reterr_failure);
}
