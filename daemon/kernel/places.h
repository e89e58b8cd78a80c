/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All places of a unit, and what their pins say now. The places of a unit are those of the
 * generations in both banks: what the former one is attached to stays attached, so that a rollback
 * has it at once, and runs a neutral program meanwhile.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/kernel/barrier.h"
#include "daemon/kernel/manifest.h"
#include "daemon/kernel/place.h"
#include "lib/outcome.h"

struct place {
	char name[PLACE_NAME_MAX];
	bool has_link;
	bool has_slots;
	bool is_anchored;      /* an anchor stands for the link */
	bool overlaps;	       /* a generation says that it is swapped so */
	uint32_t link_program; /* that the link runs; 0: none. A held event runs the entry */
	uint32_t entry;	       /* ids of the pinned programs; 0: there is none */
	uint32_t neutral;
};

struct places {
	struct place *all;
	size_t count;
};

#define PLACES_INIT ((struct places){0})

/*
 * Those of generations `a` and `b` in the order of their hooks, then all other directories below
 * hooks/ that have the name of a place. Either generation may be NULL. A place that a generation
 * names is in the set even where nothing is pinned.
 */
int places_read(const struct unit_pins *pins, const struct manifest *a, const struct manifest *b,
		struct places *ret, struct failure *reterr_failure);
void places_deinit(struct places *places);
#define cleanup_places __attribute__((cleanup(places_deinit)))

const struct place *places_find(const struct places *places, const char *name);

/*
 * How the program at a place is swapped: pins and link decide, whatever a generation's manifest
 * said when it was made, but for overlaps, which leave none. An entry that the link does not run is
 * no entry: nobody passes it. What an anchor stands for runs an entry, or another hand's program.
 */
enum way place_way(const struct place *place);
/* The same for one hook, looked up: an entry stays one, a link may have got one since. */
enum way place_way_now(const struct unit_pins *pins, const struct manifest_hook *hook);

/*
 * The program that a generation has at a place, or the neutral one where it has none or is NULL.
 * 0: not even that.
 */
uint32_t place_program(const struct place *place, const struct manifest *generation);

/* Whether any hook of the generation is swapped by link or overlap. */
bool places_have_link(const struct unit_pins *pins, const struct manifest *generation);

/*
 * Removes what no bank needs: places that neither generation names (`other` may be NULL: the bank
 * is empty), and entries that were made for a link which still runs the active generation's
 * program. Links are detached first, then one barrier, then entries and slots go. May wait: belongs
 * on the waiter. The first error.
 */
int places_sweep(const struct unit_pins *pins, const struct manifest *active,
		 const struct manifest *other, const struct barrier *barrier);
