/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The object file as a private copy in memory: nobody can change it while it is being looked at. */
#pragma once

#include <stddef.h>

#include "lib/outcome.h"

#define DIGEST_HEX_SIZE 65

struct image {
	char *data;
	size_t size;
	char digest[DIGEST_HEX_SIZE]; /* SHA-256 of data, hex */
};

/*
 * Copies the file from its start and hashes the copy. More than `max` bytes are refused before
 * anything of it is parsed.
 */
int image_read(int fd, size_t max, struct image *ret, struct failure *reterr_failure);

/* Idempotent. */
void image_deinit(struct image *image);

/*
 * Whether this is an ELF object for BPF, whole, with BTF: each "no" by name, since libbpf says
 * little more than "invalid argument" about any of them.
 */
int image_check(const struct image *image, struct failure *reterr_failure);
