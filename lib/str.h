/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings: building that notices truncation, parsing that notices nonsense. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/macro.h"

/* snprintf() that fails with -ENAMETOOLONG where the text would be cut; 0 on success. */
int str_format(char *buffer, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);

/* Adds a word to a list with commas. -ENAMETOOLONG where that is cut. */
int str_list_add(char *list, size_t size, const char *word);

/* Whether the string starts with the prefix; if so and ret_rest is given, it gets what follows. */
bool str_has_prefix(const char *string, const char *prefix, const char **ret_rest);

/* A decimal or 0x number that fills the whole string. -EINVAL on anything else, -ERANGE if too
 * large. */
int str_to_u64(const char *string, uint64_t *ret);
int str_to_s64(const char *string, int64_t *ret);

/* yes, no, true, false, 1, 0, on, off. -EINVAL on anything else. */
int str_to_bool(const char *string, bool *ret);

/* A number of bytes with an optional suffix K, M or G (powers of 1024). -EINVAL, -ERANGE. */
int str_to_size(const char *string, uint64_t *ret);

/* A time span with an optional suffix us, ms, s or min; without one, seconds. Result in
 * microseconds. */
int str_to_usec(const char *string, uint64_t *ret);

/*
 * Names that may stand in bpffs and in messages: `[a-z0-9][a-z0-9_-]{0,47}`. Units, hooks.
 * bpffs itself refuses any name with a dot (kernel/bpf/inode.c, bpf_lookup()).
 */
#define NAME_MAX_LENGTH 48
bool name_is_valid(const char *name);

/* A valid name that is none of the words that the root keeps for itself: `shared`, `gone-…`. */
bool unit_name_is_valid(const char *name);
