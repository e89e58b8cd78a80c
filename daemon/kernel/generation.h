/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pins of one generation, by the names in its manifest. Descriptors are the caller's. */
#pragma once

#include "daemon/kernel/manifest.h"

struct btf;

/* A descriptor or a negative errno. `name` is the true name, with dots. */
int generation_open_map(const char *root, const struct manifest *generation, const char *name);
int generation_open_program(const char *root, const struct manifest *generation, const char *name);

/*
 * The object's BTF as the kernel keeps it with the programs, so that the daemon parses no ELF and
 * adopts a generation whose file is long gone. NULL where the kernel does not give it. Free with
 * generation_free_btf().
 */
struct btf *generation_load_btf(const char *root, const struct manifest *generation);
/* Accepts NULL; returns NULL. */
struct btf *generation_free_btf(struct btf *btf);
