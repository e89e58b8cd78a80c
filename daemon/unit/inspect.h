/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking at all that lies below the root, and removing what is ours and needed by nobody. */
#pragma once

#include "daemon/unit/unit.h"

/* Once, on the loop; `report` (borrowed), or NULL and the failure. */
typedef void (*inspect_done_fn)(void *data, json_t *report, const struct failure *failure);

/*
 * Both read on the waiter, and return 0 or a negative errno with the failure, after which `done` is
 * not called. What lies in units with an operation under way is no orphan.
 *
 * fsck: {"root", "busy": [UNIT], "sound", "counts", "objects"} of one unit, or of all ("").
 */
int inspect_fsck(struct units *units, const char *unit, inspect_done_fn done, void *data,
		 struct failure *reterr_failure);

/*
 * gc: {"really", "root", "busy", "orphans": [object], "removed": number, "failed": [{path,
 * reason}]}. Units with an operation under way are passed over, and no operation begins until
 * orphans are `really` removed. OUTCOME_BUSY: another gc is under way.
 */
int inspect_gc(struct units *units, bool really, inspect_done_fn done, void *data,
	       struct failure *reterr_failure);
