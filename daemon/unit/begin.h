/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a request to an operation that has begun: what is refused at once, and with which banks and
 * generations each starts. Private to the units_...() functions of operations.h.
 */
#pragma once

#include "daemon/unit/operation.h"

/* OUTCOME_USAGE for a name that no unit may have. */
int begin_check_name(const char *name, struct failure *reterr_failure);

/* The unit, if an operation may begin on it; else NULL and the failure. */
struct unit *begin_find_ready(struct units *units, const char *name,
			      struct failure *reterr_failure);

/* OUTCOME_REFUSED: a unit whose active generation could not be opened can only be unloaded. */
int begin_check_open(const struct unit *unit, struct failure *reterr_failure);

/* Makes OUTCOME_REFUSED of what a unit file that cannot be read was told as; returns `err`. */
int begin_refuse_file(int err, struct failure *reterr_failure);

/* Each starts `operation`, and takes it over, or returns a negative errno with the failure. */
typedef int begin_fn(struct units *units, const struct operation_request *request,
		     struct operation *operation, struct failure *reterr_failure);

/* begin_first.c */
begin_fn begin_load;
begin_fn begin_restore;
/* The first generation of a unit, for load and for its plan. */
int begin_first(struct units *units, const struct operation_request *request,
		struct operation *operation, const struct operation_kind *kind,
		struct failure *reterr_failure);

/* begin_next.c */
begin_fn begin_reload;
begin_fn begin_rollback;
begin_fn begin_unload;
/* The next generation of a unit in force, for reload and for its plan. */
int begin_next(struct units *units, const struct operation_request *request,
	       struct operation *operation, const struct operation_kind *kind,
	       struct failure *reterr_failure);
