/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pins of one generation, by the names in its manifest. Descriptors are the caller's. */
#pragma once

#include "daemon/kernel/manifest.h"

struct btf;

/* N of a directory's name gen-N; false for other names. */
bool generation_number(const char *name, uint32_t *ret);

/* A descriptor or a negative errno. `name` is the true name, with dots. */
int generation_open_map(const char *root, const struct manifest *generation, const char *name);
int generation_open_program(const char *root, const struct manifest *generation, const char *name);

/*
 * Makes `path` the generation's map by one rename, so that who opens it finds the former one or
 * this one; `staged` is where it lies before. Does nothing if it is that already. Negative errno.
 */
int generation_publish_map(const char *root, const struct manifest *generation,
			   const struct manifest_map *map, const char *path, const char *staged);

/*
 * The object's BTF as the kernel keeps it with the programs, so that the daemon parses no ELF and
 * adopts a generation whose file is long gone. NULL where the kernel does not give it. Free with
 * generation_free_btf().
 */
struct btf *generation_load_btf(const char *root, const struct manifest *generation);
/* Accepts NULL; returns NULL. */
struct btf *generation_free_btf(struct btf *btf);
