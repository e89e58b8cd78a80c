/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What pins say while no daemon answers. Reads only. New references; each answer has the shape of
 * the daemon's and "daemon": false besides. Failures: OUTCOME_NOT_PERMITTED, OUTCOME_NO_SUCH_UNIT,
 * OUTCOME_FAILED.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "lib/outcome.h"

/* Whether there is a root to answer from. */
bool offline_has_root(const char *root);

/* As the methods List, Status and Fsck; `unit` may be "" where the methods take that. */
int offline_list(const char *root, json_t **ret, struct failure *reterr_failure);
int offline_status(const char *root, const char *unit, json_t **ret,
		   struct failure *reterr_failure);
int offline_fsck(const char *root, const char *unit, json_t **ret, struct failure *reterr_failure);
