/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a map is made of, and what is in it. */
#pragma once

#include <bpf/libbpf.h>
#include <stdint.h>

#include "daemon/loader/layout.h"

struct map_shape {
	uint32_t type;
	uint32_t key_size, value_size; /* bytes */
	uint32_t max_entries;
	uint32_t flags;
	uint64_t extra;
};

/* As libbpf will make it: where an object gives a perf_event_array no size, it counts the CPUs. */
struct map_shape map_shape_declared(const struct bpf_map *map);

/*
 * 0: the same. 1: they differ, and `text` names the first difference, with what stands on either
 * side: "max_entries is 1024 in BEFORE and 2048 in AFTER".
 */
int map_shape_compare(const struct map_shape *before, const char *before_name,
		      const struct map_shape *after, const char *after_name,
		      char text[LAYOUT_TEXT_MAX]);

struct map_contents {
	const struct btf *btf;
	uint32_t key, value; /* types; 0: not told */
};

struct map_contents map_contents_declared(const struct bpf_object *object,
					  const struct bpf_map *map);

/*
 * Keys, then values, where both sides tell their types. As layout_compare(); data sections are the
 * same to it.
 */
int map_contents_compare(const struct map_contents *before, const struct map_contents *after,
			 char text[LAYOUT_TEXT_MAX]);
