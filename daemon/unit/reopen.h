/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens the files of sinks again, as after logrotate has renamed them. */
#pragma once

#include <jansson.h>

#include "daemon/unit/unit.h"

/*
 * Those of one unit, or of all (NULL), in both banks. The report:
 *
 *   {"sinks": [{"unit", "ring", "generation", "sink", "outcome", "message"}]}
 *
 * with an object for each sink that has a file. A sink whose file cannot be opened goes on with the
 * one that it has. NULL, with the failure, where there is no such unit.
 */
json_t *reopen_sinks(const struct units *units, const char *name, struct failure *reterr_failure);
