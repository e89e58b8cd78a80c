/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hooks of a unit that is loaded for the first time: entries, slots, links. */
#pragma once

#include "daemon/kernel/mapped.h"
#include "daemon/loader/loading.h"

/*
 * Attaches every hook of the unit and pins what holds it, in the order that a kill at any point
 * leaves nothing half alive: slots filled and pinned, entry pinned, link made, link pinned. With
 * the word "none" no entry lets a program speak yet; a hook of way "link" speaks at once.
 *
 * A single hook that was to be swapped by link and whose link the running kernel cannot update gets
 * an entry after all.
 */
int hooks_attach(struct loading *loading, const struct mapped *selector,
		 const struct mapped *ledger, struct failure *reterr_failure);
