/* SPDX-License-Identifier: GPL-2.0-or-later */
/* [Metric] sections against the object: its maps and their types. */
#pragma once

#include "daemon/loader/loading.h"

/*
 * Before the object is loaded. OUTCOME_REFUSED, with file and line, for a map that is not there or
 * has no entries, and for fields that are not there or are no numbers.
 */
int metrics_check(const struct loading *loading, struct failure *reterr_failure);
