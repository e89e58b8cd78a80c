/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attaching a hook again. The new link is pinned as `link-new` and renamed over `link`, so that a
 * kill in between leaves either; the next start removes a `link-new`. May wait: for the waiter.
 */
#pragma once

#include "daemon/kernel/hook_state.h"

/*
 * Makes the hook of the generation in force attached again, whatever `state`, which is what was
 * last read, says of it:
 * - detached: attached anew; at tcx and netkit that is behind all others.
 * - missing: a link that lives on without its pin, since somebody else holds it, is pinned again;
 *   else attached anew.
 * - replaced: the link is updated by compare and swap from the other program. -EPERM if by now it
 *   runs a third one.
 * - attached, outranked, waiting: nothing is done. To attach again in front of another program
 *   would be answered in kind, and between the two the hook is unattached each time.
 */
int hook_heal(const struct unit_pins *pins, const struct manifest *generation,
	      const struct manifest_hook *hook, const struct hook_state *state,
	      struct failure *reterr_failure);

/*
 * Attaches those hooks of a generation that the daemon has to hold (hook_is_held()) and that are
 * attached nowhere yet: all of them at the first load, else those at new places.
 */
int hooks_attach_held(const struct unit_pins *pins, const struct manifest *generation,
		      struct failure *reterr_failure);

/* Removes what a kill left of that at any hook of a generation. */
void hook_heal_clean_up(const struct unit_pins *pins, const struct manifest *generation);
