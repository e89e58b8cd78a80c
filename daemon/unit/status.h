/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `list` and `status` show, as JSON. New references. */
#pragma once

#include "daemon/unit/unit.h"

/* "active", "reloading", "loading" or "degraded"; static text. */
const char *status_state(const struct unit *unit);

/* {"units": [{name, state, generation, …}], "failed": what failed_units_to_json() says} */
json_t *status_list(const struct units *units);

/* All about one unit. */
json_t *status_unit(const struct unit *unit);

/*
 * The generations that can be had again, newest first, also of a unit that is not loaded. NULL if
 * neither the daemon nor the history knows the name.
 */
json_t *status_history(const struct units *units, const char *name);
