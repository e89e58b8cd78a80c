/* SPDX-License-Identifier: GPL-2.0-or-later */
/* After a reboot bpffs is empty: what was in force comes back from the history. */
#pragma once

#include "daemon/unit/unit.h"

/* Called on the loop once all have ended, well or not; perhaps before the call returns. */
typedef void (*restore_units_done_fn)(void *data);

/*
 * Begins to load, one after the other, each unit that was in force and is not there, if its unit
 * file is not one of UnitsDirectory= or there is an override. (The others of UnitsDirectory= are
 * loaded from their files, which say what should be.) Where that fails, the unit file's own object
 * is taken, and status says so. 0 or -ENOMEM.
 */
int restore_units(struct units *units, restore_units_done_fn done, void *data);
