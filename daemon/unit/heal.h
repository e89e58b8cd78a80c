/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attaching hooks again, as an operation of its own: so that no other one begins meanwhile, and
 * what is attached is of the generation in force. Word and slots are not touched.
 *
 * A hook whose interface or cgroup came back is attached again in any case; what another hand did
 * is made good with Heal=yes alone. A hook that does not hold is tried again after 1 s, 2 s, 4 s, …
 * up to 5 min, and at once again after it has held for a minute.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/unit/drift.h"
#include "daemon/unit/operation.h"

/* Whether the hook is to be attached again, sooner or later. */
bool heal_is_wanted(const struct unit *unit, const struct drift_hook *hook);

/* When the next hook of the unit is to be attached again, CLOCK_MONOTONIC; UINT64_MAX: none is. */
uint64_t heal_due_usec(const struct unit *unit);

/*
 * Attaches again what is due now. The unit must have no operation under way. At the end the
 * receipt's notes say what could not be attached, and when it is tried again. A negative errno:
 * nothing was begun.
 */
int heal_start(struct unit *unit, const struct operation_client *client,
	       struct failure *reterr_failure);

/* A hook was looked at: whether it has held. */
void heal_look(struct drift_hook *hook);

/* Adds "attempts", "next_attempt_usec" (CLOCK_REALTIME) and "error", where there are any. */
void heal_add(json_t *json, const struct unit *unit, const struct drift_hook *hook);

/* What an operation works on. Accepts NULL. */
struct heal;
void heal_free(struct heal *heal);
