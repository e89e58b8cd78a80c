/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All entries of a map, one run of them after the other, while it may change.
 *
 * Where a batch has whole buckets (hashes), an entry that is there all the time comes exactly once,
 * and one that comes or goes meanwhile may be missing. By the next key (tries, maps of maps, and
 * per-CPU arrays before Linux 5.13), the kernel begins again when the key that it stands at is
 * deleted, so that entries may come twice; such a walk gives up after WALK_ROUNDS times as many as
 * the map can have.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/maps/open_map.h"

#define WALK_ROUNDS 2

struct walk;

/* Entries that were read: keys and values lie one behind the other in their sizes. */
struct walk_run {
	const char *keys;
	const char *values; /* open_map_value_bytes() each */
	uint32_t count;
};

/* Borrows the map. Its memory does not depend on how many entries there are. -ENOMEM. */
int walk_new(const struct open_map *map, struct walk **ret);
/* Accepts NULL; returns NULL. */
struct walk *walk_free(struct walk *walk);

/* 1: a run, which may be empty, valid until the next call; 0: the end; or a negative errno. */
int walk_next(struct walk *walk, struct walk_run *ret);

/* Whether it gave up before the end. */
bool walk_gave_up(const struct walk *walk);
