/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A new generation's hooks against what the unit has attached: which of them go on where they are,
 * which are new, which places are not used any more, and how each is swapped.
 */
#pragma once

#include "daemon/loader/loading.h"

/*
 * Gives each hook its place, number and way. A hook goes on in a place of either bank's generation
 * if Attach= is equal, under its own name if there is such a one, else under another. Refuses what
 * the kernel could not do: a program of another type at a place, two hooks at one XDP interface,
 * Swap=link where there is an entry.
 */
int hooks_match(struct loading *loading, struct failure *reterr_failure);

/*
 * The report's hooks, those that go included: name, attach, program, way, why that way, change, and
 * from: what a retargeted hook was attached to, or the former name. A new reference.
 */
json_t *hooks_report(const struct loading *loading);

/* Whether the flip is more than one change, so that for a moment some hooks are old and some new.
 */
bool hooks_are_mixed(const struct loading *loading);
