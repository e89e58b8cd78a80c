/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a daemon makes of what it finds under its root: it adopts units, ends operations that a kill
 * cut short, and sweeps what was on its way out. It reads bpffs alone. May wait: runs before the
 * loop.
 */
#pragma once

#include "daemon/unit/unit.h"

/* Called for each thing worth a line in the log. */
typedef void (*recover_note_fn)(int level, const char *text);

/*
 * An operation under way and the word not stored: all links go back to the active bank by compare
 * and swap. Stored: it is finished forward. A compare and swap that fails there means someone
 * else's hand: the unit is degraded, nothing is forced. Then barrier, drain of the idle ring, drain
 * of the active ring. A unit that cannot be adopted stays in the set with its reason. 0 or -ENOMEM.
 */
int recover_units(struct units *units, recover_note_fn note);
