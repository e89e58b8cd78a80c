/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a flip does at the hooks of one unit, by pins alone: nothing here knows the daemon's memory.
 * Link updates may wait (XDP), so those calls belong on the waiter.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/kernel/manifest.h"
#include "daemon/kernel/place.h"
#include "lib/outcome.h"

/*
 * Way "entry": puts the generation's programs into the bank's slot at each hook, then reads each
 * slot back: the program id there must be the one of the generation's pinned program, since a flip
 * into an empty or foreign slot would lose events. Overwrites, never deletes.
 */
int swap_fill_slots(const struct unit_pins *pins, const struct manifest *generation, int bank,
		    struct failure *reterr_failure);

/* The second half alone. */
int swap_check_slots(const struct unit_pins *pins, const struct manifest *generation, int bank,
		     struct failure *reterr_failure);

/*
 * Way "link": updates each link from one generation's program to the other's by compare and swap.
 * *done counts the links that were updated, also on failure. A link that has neither program is in
 * someone else's hand: -EPERM, never forced. Links that have the new program already are passed
 * over, and so are those that are attached to nothing: they run neither.
 */
int swap_links(const struct unit_pins *pins, const struct manifest *from, const struct manifest *to,
	       size_t *done, struct failure *reterr_failure);

/* The way of the unit's hooks is the same for all of them, since they flip together. */
enum way swap_way(const struct manifest *generation);
