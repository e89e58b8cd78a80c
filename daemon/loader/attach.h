/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Places of a unit: what is made and attached for its hooks, in an order that a kill cannot spoil.
 */
#pragma once

#include "daemon/kernel/mapped.h"
#include "daemon/loader/loading.h"

/*
 * First load: attaches every hook and pins what holds it: slots filled and pinned, entry and
 * neutral program pinned, link made, link pinned. With the word "none" no entry lets a program
 * speak yet; a hook of way "link" speaks at once.
 *
 * Of a hook that the daemon has to hold (hook_is_held()) all is made but what it attaches itself.
 *
 * A single hook that was to be swapped by link and whose link the running kernel cannot update gets
 * an entry after all.
 *
 * Reload: the same for hooks at new places, where the neutral program speaks until the commit: in
 * the active bank's slot, or by way "link" in the link itself. And slots and entry, which nothing
 * reaches yet, for each place that goes over from link to entry.
 */
int hooks_attach(struct loading *loading, const struct mapped *selector,
		 const struct mapped *ledger, struct failure *reterr_failure);
