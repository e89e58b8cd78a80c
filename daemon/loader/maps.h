/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps of the object: which are kept, and whether the kept ones still fit. */
#pragma once

#include "daemon/loader/loading.h"

/*
 * Before load. Takes libbpf's own pinning off and gives each kept map the descriptor of the one in
 * force. One whose shape or contents differ is refused, or begins afresh with OnChange=reset; a
 * plan collects the reason and goes on. Checks that the maps which [Map] sections name exist.
 * Leaves a verdict for each map: same, new, private, gone changed,
 * with "changes" reset, with "changes" and "left_behind": entries that only the former generation
 * has; shared, with "shared": the name, and "users": other units. "made" says whether a shared map
 * is a new one; of a ring that was in the bank already it is false.
 */
int maps_reuse(struct loading *loading, struct failure *reterr_failure);

/* After load: pins every map under gen-N/maps, so that the generation's directory is complete. */
int maps_pin(const struct loading *loading, const char *generation_path,
	     struct failure *reterr_failure);

/* Fills the manifest's list of maps. -ENOMEM and errnos of the kernel. */
int maps_describe(const struct loading *loading, struct manifest *manifest);

/* The names of the object's maps that are wanted, as text for people. */
void maps_list(const struct bpf_object *object, bool (*wanted)(struct bpf_map *map), char *text,
	       size_t size);

/* Whether the map got this verdict. */
bool map_has_verdict(const struct loading *loading, const char *name, const char *verdict);

/* Whether the map was there before this generation. */
bool map_is_taken_over(const struct loading *loading, const char *name);

/* Says so in its verdict. */
int maps_note_taken_over(const struct loading *loading, const char *name);

/* For those who decide about maps. The verdict is borrowed; NULL: no memory. */
json_t *maps_add_verdict(struct loading *loading, const char *name, const char *verdict);

/* The map of that name in the generation in force, if it is kept or shared; or NULL. */
const struct manifest_map *maps_find_active_kept(const struct loading *loading, const char *name);

/* Says in the verdict what the new generation leaves behind of its former map `fd`. */
void maps_leave_behind(const struct loading *loading, json_t *verdict, int fd);
