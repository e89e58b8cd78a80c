/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a map is, for people and programs. */
#pragma once

#include <jansson.h>

#include "daemon/maps/open_map.h"

/*
 * {"name", "type", "key", "value": what they are in C, or their bytes, or null, "max_entries",
 * "cpus" of a per-CPU map, "dumped": whether it has entries to look up, "written": whether clients
 * may write to it, "id"}. As open_map_read(), for a thread. NULL: no memory, or no such map.
 */
json_t *describe_map(struct open_map *map);
