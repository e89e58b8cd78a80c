/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies of object files, below the state directory:
 *
 *   STATE/objects/DIGEST     by the SHA-256 of their contents
 *   STATE/objects/.UNIT-N    written by a loader, not yet known to the history
 *
 * Only the waiter's thread, and the start before there is a loop, give and take names here; so a
 * name cannot go between two steps of one of them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Makes the state directory and those in it, for root alone. 0 or the negative errno of mkdir(2).
 */
int store_prepare(const char *state);

/* Where the loader puts the object of a generation. */
int store_staged_path(const char *state, const char *unit, uint32_t generation, char *ret,
		      size_t size);

/* Gives the staged copy its name. -ENOENT: there is none. */
int store_take(const char *state, const char *unit, uint32_t generation, const char *digest);

void store_drop_staged(const char *state, const char *unit, uint32_t generation);

/* Removes all staged copies: their loaders are gone. */
void store_sweep_staged(const char *state);

/* Opens for reading. Whether the contents still have that digest is for the loader to see. */
int store_open(const char *state, const char *digest, int *ret_fd);

/* Its bytes, 0 if it is not there. */
uint64_t store_size(const char *state, const char *digest);

/* Removes each object that `is_named` knows nothing of. */
void store_keep_only(const char *state, bool (*is_named)(const char *digest, const void *data),
		     const void *data);

/* 64 hexadecimal digits: what may be a name here. */
bool digest_is_valid(const char *digest);
