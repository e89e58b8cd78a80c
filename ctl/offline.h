/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What pins, and the history, say while no daemon answers. Reads only. New references; each answer
 * has the shape of the daemon's and "daemon": false besides. Failures: OUTCOME_NOT_PERMITTED,
 * OUTCOME_NO_SUCH_UNIT, OUTCOME_FAILED.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "lib/outcome.h"

/* Where a daemon would have its things. */
struct offline_places {
	const char *root;
	const char *state; /* of the history */
};

/* Whether there is anything to answer from. */
bool offline_has_root(const struct offline_places *places);
bool offline_has_history(const struct offline_places *places);

/* As the methods List, Status and Fsck; `unit` may be "" where the methods take that. */
int offline_list(const struct offline_places *places, json_t **ret, struct failure *reterr_failure);
int offline_status(const struct offline_places *places, const char *unit, json_t **ret,
		   struct failure *reterr_failure);
int offline_fsck(const struct offline_places *places, const char *unit, json_t **ret,
		 struct failure *reterr_failure);

/* As the method History: what the state directory has, and which is in force by the pins. */
int offline_history(const struct offline_places *places, const char *unit, json_t **ret,
		    struct failure *reterr_failure);
