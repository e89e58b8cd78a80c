/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What another hand has done to a unit's hooks, as it was last seen. A view of the kernel's state,
 * like all else of a unit: a new daemon looks again.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/kernel/hook_state.h"
#include "lib/outcome.h"

struct unit;

struct drift_hook {
	char name[NAME_MAX_LENGTH + 1];
	char place[PLACE_NAME_MAX];
	struct hook_state state;
	uint64_t since_usec; /* CLOCK_REALTIME, when that was first seen */
	/* Attaching again, see heal.h. Times are of CLOCK_MONOTONIC. */
	unsigned attempts; /* since it held for a while, or had nothing to be attached to */
	uint64_t last_usec;
	uint64_t next_usec; /* not before */
	char *error;	    /* of the last attempt, or NULL */
};

/* In the order of the generation that was in force when it was looked at. */
struct drift {
	struct drift_hook *hooks;
	size_t count;
};

struct drift_reading {
	int err; /* negative: it could not be told, and what was known stays */
	struct hook_state state;
};

enum drift_change { DRIFT_FOUND, DRIFT_HEALED };

/* Whoever is called for each thing worth a line in the log. */
struct drift_note {
	void (*say)(const struct drift_note *note, const char *unit, enum drift_change change,
		    const char *text);
};

/*
 * Reads the hooks of a generation from their pins, as many readings as it has hooks, and notes
 * beside them what they are attached to. May wait: for the waiter, or before the loop.
 */
void drift_read(const struct unit_pins *pins, const struct manifest_hook *hooks, size_t count,
		struct drift_reading *readings);

/* Takes readings of the generation in force; what has changed is said once. 0 or -ENOMEM. */
int drift_take(struct unit *unit, const struct drift_reading *readings,
	       const struct drift_note *note);

/* What is known of a hook, or NULL: it has not been looked at since it was attached. */
struct drift_hook *drift_find(const struct unit *unit, const char *place);

/* Whether all hooks of the generation in force are attached, as far as is known. */
bool drift_is_none(const struct unit *unit);

/* Why the unit is degraded and the way out, the caller's to free; NULL if it is not. */
char *drift_reason(const struct unit *unit);

/* Adds what is known of a hook to its row of `status`. */
void drift_add(json_t *json, const struct unit *unit, const struct manifest_hook *hook);

/* Idempotent. */
void drift_deinit(struct drift *drift);
