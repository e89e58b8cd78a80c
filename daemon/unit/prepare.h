/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The step that load and reload share: the loader makes the generation. */
#pragma once

#include "daemon/unit/operation.h"

/*
 * Opens the object (`--object`, else the unit file's Object=) and starts the loader for generation
 * `to_generation` in bank `to`. OPERATION_WAITS; the report is then in operation->report.
 */
int prepare_generation(struct operation *operation);

/* As undo: removes what the loader left of the generation and of its places. On the waiter. */
void prepare_remove_generation(struct operation *operation);
