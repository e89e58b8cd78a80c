/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pinned one-entry array whose value this process maps: the selector and the ledger of a unit. */
#pragma once

#include <stddef.h>

struct mapped {
	int fd;
	void *value;   /* shared with programs and with every other process that maps it */
	size_t size;   /* bytes of the value */
	size_t length; /* bytes mapped: size up to whole pages */
};

#define MAPPED_INIT ((struct mapped){.fd = -1})

/* Creates the map, zeroed, under the kernel name `name`, and maps it. It is not pinned yet. */
int mapped_create(const char *name, size_t size, struct mapped *ret);

/* Opens the pin and maps it. -EINVAL if it is no mmapable array of one entry. */
int mapped_open(const char *pin, struct mapped *ret);

/* Idempotent. */
void mapped_deinit(struct mapped *mapped);
