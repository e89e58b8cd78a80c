/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/map_kind.h"

#include <linux/bpf.h>
#include <stddef.h>

#include "lib/macro.h"

static const struct map_row {
	enum bpf_map_type type;
	struct map_kind kind;
} rows[] = {
	{BPF_MAP_TYPE_HASH,
	 {.plain = true, .has_batches = true, .may_be_set = true, .may_be_deleted = true}},
	{BPF_MAP_TYPE_LRU_HASH,
	 {.plain = true, .has_batches = true, .may_be_set = true, .may_be_deleted = true}},
	{BPF_MAP_TYPE_PERCPU_HASH,
	 {.plain = true,
	  .per_cpu = true,
	  .has_batches = true,
	  .may_be_set = true,
	  .may_be_deleted = true}},
	{BPF_MAP_TYPE_LRU_PERCPU_HASH,
	 {.plain = true,
	  .per_cpu = true,
	  .has_batches = true,
	  .may_be_set = true,
	  .may_be_deleted = true}},
	{BPF_MAP_TYPE_ARRAY,
	 {.plain = true, .has_index = true, .has_batches = true, .may_be_set = true}},
	{BPF_MAP_TYPE_PERCPU_ARRAY,
	 {.plain = true,
	  .per_cpu = true,
	  .has_index = true,
	  .has_batches = true,
	  .may_be_set = true}},
	{BPF_MAP_TYPE_LPM_TRIE, {.plain = true, .may_be_set = true, .may_be_deleted = true}},
	{BPF_MAP_TYPE_HASH_OF_MAPS, {.has_ids = true, .may_be_set = true, .may_be_deleted = true}},
	{BPF_MAP_TYPE_ARRAY_OF_MAPS,
	 {.has_index = true, .has_ids = true, .may_be_set = true, .may_be_deleted = true}},
	/* Its programs are the object's business. */
	{BPF_MAP_TYPE_PROG_ARRAY, {.has_index = true, .has_ids = true}},
	{BPF_MAP_TYPE_DEVMAP, {.has_index = true, .may_be_set = true, .may_be_deleted = true}},
	{BPF_MAP_TYPE_DEVMAP_HASH, {.may_be_set = true, .may_be_deleted = true}},
	{BPF_MAP_TYPE_CPUMAP, {.has_index = true, .may_be_set = true, .may_be_deleted = true}},
};

const struct map_kind *map_kind_of(uint32_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].type == type)
			return &rows[i].kind;
	return NULL;
}

bool map_kind_has_maps(uint32_t type)
{
	return type == BPF_MAP_TYPE_HASH_OF_MAPS || type == BPF_MAP_TYPE_ARRAY_OF_MAPS;
}
