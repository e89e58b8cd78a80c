/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One entry of an open map: the verbs get, set and delete. All may wait: for the waiter. Keys are
 * as of encode_part(); those of an LPM trie may be networks, as of prefix_read().
 */
#pragma once

#include "daemon/maps/open_map.h"

/* Opens the map whose id is the value of the key in `outer`, for open_map_read(). */
int entry_open_inner(struct open_map *outer, const char *key, struct open_map **ret,
		     struct failure *reterr_failure);

/*
 * Looks the key up and makes the line of its entry, the caller's to free. Failures: as
 * encode_part(); -ENOENT where there is no such key.
 */
int entry_get(struct open_map *map, const char *key, char **ret_line,
	      struct failure *reterr_failure);

/*
 * Makes the value that of the key. Each CPU of a per-CPU map gets it, or with map->each_cpu its own
 * from a list. Of a map of maps the value is the id of the map to put in.
 */
int entry_set(struct open_map *map, const char *key, const char *value,
	      struct failure *reterr_failure);

/* Removes the entry. -ENOENT where there is no such key. */
int entry_delete(struct open_map *map, const char *key, struct failure *reterr_failure);
