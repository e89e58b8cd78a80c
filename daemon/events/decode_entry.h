/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of a map to lines of JSON, by the plan of decode.h: {"key":KEY,"value":VALUE}, and where
 * each CPU's value is shown, {"key":KEY,"values":[VALUE,…]}.
 *
 * The record of an entry has the key, and at entry_value_offset() the value; or those of all CPUs,
 * entry_value_stride() apart.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/unit_file.h"
#include "daemon/events/decode.h"
#include "lib/outcome.h"

struct btf;
struct decoder;

/* No key or value that is larger is decoded. */
#define ENTRY_SIZE_MAX (4UL * 1024 * 1024)

/* A key, or a value. */
struct entry_part {
	uint32_t size;
	uint32_t type;	/* in the BTF; 0: it has none, and is shown as hex */
	bool is_number; /* without a type, but 4 bytes that are a number: an index, an id */
};

struct entry_settings {
	const char *map; /* for messages */
	struct entry_part key, value;
	const struct btf *btf; /* or NULL: no part has a type */
	/* Of [Map]: of `key`, `value`, or a field of either, as key.saddr. */
	const struct unit_format *formats;
	size_t format_count;
};

static inline uint32_t entry_value_offset(uint32_t key_size)
{
	return (key_size + 7) / 8 * 8;
}

/* Of a value of a per-CPU map, as the kernel gives them. */
static inline uint32_t entry_value_stride(uint32_t value_size)
{
	return (value_size + 7) / 8 * 8;
}

/*
 * Compiles the plan; lines are made by decoder_line(). Fails as decoder_new(): types that are
 * broken, a Format= whose field is not there or does not fit.
 */
int entry_decoder_new(const struct entry_settings *settings, bool each_cpu, struct decoder **ret,
		      struct failure *reterr_failure);
