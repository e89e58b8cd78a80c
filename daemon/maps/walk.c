/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/types.h>

#include "daemon/maps/walk.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/macro.h"

/* Of a run. A bucket that is larger makes it grow. */
#define RUN_BYTES     (512UL * 1024)
#define RUN_BYTES_MAX (64UL * 1024 * 1024)
#define RUN_COUNT     4096UL

/* What a kernel says that has no batches for the type (ENOTSUPP of include/linux/errno.h). */
#define KERNEL_ENOTSUPP 524

struct walk {
	const struct open_map *map;
	size_t key_size, value_size;
	char *keys, *values;
	uint32_t room;	   /* entries in keys and values */
	char *position[2]; /* where the kernel stands: in, out; a key, or the number of a bucket */
	bool has_position;
	bool by_key; /* no batches */
	bool ended, gave_up;
	uint64_t count; /* by the next key */
};

static int make_room(struct walk *walk, uint32_t room)
{
	char *keys = malloc(room * walk->key_size), *values = malloc(room * walk->value_size);

	if (!keys || !values) {
		free(keys);
		free(values);
		return -ENOMEM;
	}
	free(walk->keys);
	free(walk->values);
	walk->keys = keys;
	walk->values = values;
	walk->room = room;
	return 0;
}

static void free_walk(struct walk **walk)
{
	walk_free(*walk);
}

int walk_new(const struct open_map *map, struct walk **ret)
{
	CLEANUP(free_walk) struct walk *walk = calloc(1, sizeof(*walk));
	size_t room;
	int err;

	if (!walk)
		return -ENOMEM;
	walk->map = map;
	walk->key_size = map->entry.key.size;
	walk->value_size = open_map_value_bytes(map);
	for (size_t i = 0; i < ARRAY_SIZE(walk->position); i++) {
		walk->position[i] = calloc(1, walk->key_size + sizeof(uint32_t));
		if (!walk->position[i])
			return -ENOMEM;
	}
	walk->by_key = !map->kind->has_batches;
	room = MIN(RUN_BYTES / (walk->key_size + walk->value_size), RUN_COUNT);
	err = make_room(walk, (uint32_t)MAX(room, 1UL));
	if (err)
		return err;
	*ret = TAKE_PTR(walk);
	return 0;
}

struct walk *walk_free(struct walk *walk)
{
	if (!walk)
		return NULL;
	free(walk->keys);
	free(walk->values);
	for (size_t i = 0; i < ARRAY_SIZE(walk->position); i++)
		free(walk->position[i]);
	free(walk);
	return NULL;
}

bool walk_gave_up(const struct walk *walk)
{
	return walk->gave_up;
}

static void step(struct walk *walk)
{
	char *in = walk->position[0];

	walk->position[0] = walk->position[1];
	walk->position[1] = in;
	walk->has_position = true;
}

/* ---- by the next key ------------------------------------------------------------------------ */

/* 1: the entry is there; 0: it went meanwhile, or its slot is empty. */
static int look_up(const struct walk *walk, const char *key, char *value)
{
	int err = bpf_map_lookup_elem(walk->map->fd, key, value);

	if (!err)
		return 1;
	return err == -ENOENT ? 0 : err;
}

static int next_by_key(struct walk *walk, struct walk_run *run)
{
	for (uint32_t steps = 0; steps < walk->room; steps++) {
		char *value = walk->values + run->count * walk->value_size;
		int found, err = bpf_map_get_next_key(walk->map->fd,
						      walk->has_position ? walk->position[0] : NULL,
						      walk->position[1]);

		if (err == -ENOENT) {
			walk->ended = true;
			return 0;
		}
		if (err)
			return err;
		step(walk);
		walk->count++;
		found = look_up(walk, walk->position[0], value);
		if (found < 0)
			return found;
		if (!found)
			continue;
		memcpy(walk->keys + run->count * walk->key_size, walk->position[0], walk->key_size);
		run->count++;
	}
	return 0;
}

/* ---- by batches ----------------------------------------------------------------------------- */

static size_t bytes_of(const struct walk *walk, uint32_t room)
{
	return room * (walk->key_size + walk->value_size);
}

/* 0: again. */
static int go_on_after(struct walk *walk, int err)
{
	if (!walk->has_position &&
	    (err == -KERNEL_ENOTSUPP || err == -EOPNOTSUPP || err == -EINVAL)) {
		walk->by_key = true;
		return 0;
	}
	/* A bucket has more entries than there is room for. */
	if (err == -ENOSPC && bytes_of(walk, 2 * walk->room) <= RUN_BYTES_MAX)
		return make_room(walk, 2 * walk->room);
	return err;
}

static int next_batch(struct walk *walk, struct walk_run *run)
{
	uint32_t count = walk->room;
	int err = bpf_map_lookup_batch(walk->map->fd, walk->has_position ? walk->position[0] : NULL,
				       walk->position[1], walk->keys, walk->values, &count, NULL);

	if (err && err != -ENOENT)
		return go_on_after(walk, err);
	walk->ended = err == -ENOENT;
	run->count = count;
	step(walk);
	return 0;
}

static bool goes_round(const struct walk *walk)
{
	uint64_t enough = (uint64_t)walk->map->max_entries * WALK_ROUNDS + walk->room;

	return walk->by_key && walk->count > enough;
}

int walk_next(struct walk *walk, struct walk_run *ret)
{
	struct walk_run run = {0};
	int err;

	if (walk->ended || walk->gave_up)
		return 0;
	err = walk->by_key ? next_by_key(walk, &run) : next_batch(walk, &run);
	if (err)
		return err;
	walk->gave_up = !walk->ended && goes_round(walk);
	run.keys = walk->keys;
	run.values = walk->values;
	*ret = run;
	return 1;
}
