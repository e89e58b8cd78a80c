/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading what UnitsDirectory= names and bpffs does not have yet. */
#pragma once

#include "daemon/unit/unit.h"

/* Called on the loop once all loads have ended, well or not; perhaps before the call returns. */
typedef void (*start_units_done_fn)(void *data);

/*
 * Begins to load each NAME.conf whose unit is not there, one after the other, in the order of
 * names. A unit that cannot be loaded is logged and becomes one of
 * units->failed. 0 or -ENOMEM.
 */
int start_units(struct units *units, start_units_done_fn done, void *data);
