/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operations, each in a file of its own, and what begins them. */
#pragma once

#include "daemon/unit/operation.h"

extern const struct operation_kind operation_load;
extern const struct operation_kind operation_reload;
extern const struct operation_kind operation_rollback;
extern const struct operation_kind operation_rollback_far; /* to a generation of the history */
extern const struct operation_kind operation_unload;
extern const struct operation_kind operation_plan;

/*
 * Each of these looks at what can be refused at once, begins the operation and returns 0; then the
 * client's `done` is called exactly once, perhaps before the function returns. A negative errno
 * with the failure filled: nothing was begun, `done` is not called. The request's descriptors are
 * taken over in any case.
 */
int units_load(struct units *units, const struct operation_request *request,
	       struct failure *reterr_failure);
int units_reload(struct units *units, const struct operation_request *request,
		 struct failure *reterr_failure);
int units_rollback(struct units *units, const struct operation_request *request,
		   struct failure *reterr_failure);
/* Of a unit that is not loaded: what was in force when it last was, from the history. */
int units_restore(struct units *units, const struct operation_request *request,
		  struct failure *reterr_failure);
/* Of a unit that is loaded: its reload. Of one that is not: its load. */
int units_plan(struct units *units, const struct operation_request *request,
	       struct failure *reterr_failure);
int units_unload(struct units *units, const struct operation_request *request,
		 struct failure *reterr_failure);
