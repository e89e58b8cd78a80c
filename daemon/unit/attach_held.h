/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The step that attaches what only the daemon can: hooks that live no longer than a descriptor
 * (hook_is_held()). All else is attached by the loader, which is gone by then.
 */
#pragma once

#include "daemon/unit/operation.h"

/* Whether the generation that is about to come in force has such hooks. */
bool attach_held_is_needed(const struct operation *operation);

/* Opens what is not open yet. On the waiter; undone by who removes the places. */
int attach_held(struct operation *operation);
