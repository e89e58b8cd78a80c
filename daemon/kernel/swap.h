/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a flip does at the places of one unit, by pins alone: nothing here knows the daemon's
 * memory. Where a generation has no hook at a place, or is NULL, its part there is the neutral
 * program. Link updates may wait (XDP), so those calls belong on the waiter.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/kernel/manifest.h"
#include "daemon/kernel/place.h"
#include "lib/outcome.h"

/*
 * Way "entry": puts the generation's programs into the bank's slot at each place, then reads each
 * slot back: the program id there must be the one of the generation's pinned program, since a flip
 * into an empty or foreign slot would lose events. Overwrites, never deletes.
 */
int swap_fill_slots(const struct unit_pins *pins, const struct manifest *generation, int bank,
		    struct failure *reterr_failure);

/* The second half alone, where the link runs the entry. */
int swap_check_slots(const struct unit_pins *pins, const struct manifest *generation, int bank,
		     struct failure *reterr_failure);

/*
 * From way "link" to way "entry", at each place that has an entry which its link does not run yet:
 * the active bank gets what the link runs, the link the entry, by compare and swap. Nothing changes
 * for events: the word still names the active bank. The idle bank's slots are filled before.
 */
int swap_links_to_entries(const struct unit_pins *pins, const struct manifest *active, int bank,
			  size_t *done, struct failure *reterr_failure);

/*
 * Way "link": updates each link from one generation's program to the other's by compare and swap.
 * *done counts the links that were updated, also on failure. A link that has neither program is in
 * someone else's hand: -EPERM, never forced. Links that have the new program already, or an entry,
 * are passed over, and so are those that are attached to nothing: they run neither.
 */
int swap_links(const struct unit_pins *pins, const struct manifest *from, const struct manifest *to,
	       size_t *done, struct failure *reterr_failure);

/* Whether a flip between the two updates any link. */
bool swap_is_by_link(const struct unit_pins *pins, const struct manifest *from,
		     const struct manifest *to);
