/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be done with a map from user space, by its type (kernel/bpf/syscall.c and the types). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct map_kind {
	bool plain;	     /* its entries mean nothing to the kernel */
	bool per_cpu;	     /* a key has a value for each possible CPU */
	bool has_index;	     /* keys are 0 to max_entries - 1, and all are there */
	bool has_ids;	     /* a value is the id of another object, in 4 bytes */
	bool has_batches;    /* that no change of the map makes begin again */
	bool may_be_set;     /* by a client of ours */
	bool may_be_deleted; /* so may one entry */
};

/* NULL for a type that has no entries which could be looked up: rings, queues, storages. */
const struct map_kind *map_kind_of(uint32_t type);

/* Whether its values are the ids of maps. */
bool map_kind_has_maps(uint32_t type);
