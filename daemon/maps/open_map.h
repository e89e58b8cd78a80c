/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A map of a unit, opened for a client: the descriptor, its types, and how entries are shown. */
#pragma once

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/unit_file.h"
#include "daemon/events/decode_entry.h"
#include "daemon/events/entry_sum.h"
#include "daemon/kernel/manifest.h"
#include "daemon/kernel/map_kind.h"

struct btf;

/* What is asked for. Strings are the caller's. */
struct map_wanted {
	const char *root;
	const struct manifest *generation;
	const struct unit_file *file;	  /* of the generation: Format= */
	const char *map;		  /* its true name, with dots */
	bool each_cpu;			  /* not the sum of a per-CPU map's values */
	bool wide_as_text;		  /* integers of 64 bits become strings */
	const struct unit_metric *metric; /* whose decoders are meant as well; or NULL */
};

struct open_map {
	char unit[UNIT_DIRECTORY_MAX];
	char name[OBJECT_NAME_MAX];	/* in messages */
	char declared[OBJECT_NAME_MAX]; /* its name in the object, or that of the map it is in */
	bool is_inner;			/* it is in another */
	int fd;
	int program_fd;	      /* has the object's types; or -1 */
	const char *why_ours; /* what it is to ebpfd, so that nobody else writes to it; or NULL */
	bool each_cpu, wide_as_text;
	struct unit_format *formats; /* its own */
	size_t format_count;

	/* From open_map_read_types() on. */
	uint32_t type, max_entries;
	const struct map_kind *kind; /* NULL: it has no entries to look up */
	unsigned cpus;		     /* that a key has values of; 1 for what is not per-CPU */
	struct entry_settings entry;
	struct btf *btf;

	/* From open_map_read() on. */
	struct decoder *decoder; /* of each CPU's value, or of the only one */
	struct entry_sum *sum;	 /* or NULL: there is none, or it was not asked for */
	struct decoder *wide;
	const struct decoder *shown; /* one of the three */
	char *record;		     /* room for one: the key, and all values behind it */
};

/*
 * Opens the map of the generation and copies what is needed of its unit file; waits for nothing.
 * OUTCOME_USAGE for a map that the generation does not have, with those that it has; -ENOENT and
 * OUTCOME_FAILED for one whose pin is gone.
 */
int open_map_new(const struct map_wanted *wanted, struct open_map **ret,
		 struct failure *reterr_failure);

/*
 * The map that stands at a key of an open one. Takes `fd`, its descriptor, over, also on failure.
 * Format= of the outer map says nothing of it.
 */
int open_map_inner(const struct open_map *outer, const char *key, int fd, struct open_map **ret,
		   struct failure *reterr_failure);

/*
 * Reads what the map is, also of a kind without entries (NULL). *ret_id is its id. For a thread:
 * types may be many.
 */
int open_map_read_types(struct open_map *map, uint32_t *ret_id);

/*
 * Reads the types and makes the plan, which takes as long as the object has types: for a thread.
 * OUTCOME_REFUSED for a map without entries that can be shown.
 */
int open_map_read(struct open_map *map, struct failure *reterr_failure);

/* Why no client may write to it, as a sentence's second half; or NULL. */
const char *open_map_why_not_written(const struct open_map *map);

/* Accepts NULL; returns NULL. */
struct open_map *open_map_free(struct open_map *map);

/* Bytes that the kernel gives and takes for a key's value, of all CPUs. */
size_t open_map_value_bytes(const struct open_map *map);

/* Puts an entry into map->record, its values as open_map_value_bytes() has them. */
void open_map_fill_record(struct open_map *map, const char *key, const char *value);

/* Where the value lies in map->record. */
char *open_map_record_value(const struct open_map *map);

/* The room that one line takes at most. */
size_t open_map_line_max(const struct open_map *map);

/* Writes the line of map->record, without newline; returns its length. */
size_t open_map_line(struct open_map *map, char *line);
