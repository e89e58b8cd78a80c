/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps that several units share by a name. Who shares which is in the manifests of generations and
 * nowhere else, and the pins of generations hold the maps: one lives as long as any generation uses
 * it. ROOT/shared/NAME is its name for people and tools, and follows.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "daemon/kernel/manifest.h"

/* The staged name of a pin begins with a character that no name begins with. */
#define SHARED_STAGED '-'

struct shared_map {
	int fd;	       /* -1: no generation has it */
	json_t *users; /* names of units, in their order */
};
#define SHARED_MAP_INIT ((struct shared_map){.fd = -1})

/*
 * Finds the map of that name by the manifests of all complete generations of all units. Where one
 * cannot be read and no other names the map, what is pinned under ROOT/shared is taken: it may be
 * that one's. Who makes a generation of it holds shared_maps_lock(). Negative errno: -ENOMEM, or
 * that of a pin that cannot be opened.
 */
int shared_map_find(const char *root, const char *name, struct shared_map *ret);
/* Idempotent. */
void shared_map_deinit(struct shared_map *map);

/* Names of the units whose generations use the map, an array. A new reference. */
json_t *shared_map_users(const char *root, const char *name);

/*
 * Waits until no other loader is between looking for a shared map and the manifest that says that
 * its generation uses it; else two could make two maps of one name. Makes ROOT/shared, which stays
 * for good, since the lock is on it. The lock is held as long as *ret_fd is open.
 */
int shared_maps_lock(const char *root, int *ret_fd, struct failure *reterr_failure);

/*
 * Makes ROOT/shared hold exactly the maps that generations share. Removes nothing while a manifest
 * cannot be read, and nothing that is no map. May wait: for the waiter, or before the loop runs.
 * Negative errno of the first thing that failed; the rest is done all the same.
 */
int shared_maps_publish(const char *root);

/* The same after an operation: without ROOT/shared no unit shares anything. */
int shared_maps_follow(const char *root);
