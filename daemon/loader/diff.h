/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two object files side by side, as their sections and types describe them: nothing is loaded, and
 * no privilege is needed. `ebpfd-loader VERSION --diff`, started by ebpfctl.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/loader/object.h"

/* What the command line says; strings are borrowed from it. */
struct diff_request {
	const char *former_path, *object_path; /* for people */
	uint64_t object_size_max;
	/* From unit files, by --kept, --private, --reset and --record; NULL-terminated. */
	const char **kept;    /* maps with Keep=yes or Shared= */
	const char **private; /* maps with Keep=no, and the rings of [Events] */
	const char **reset;   /* maps with OnChange=reset */
	const char **records; /* structs of Record= */
};

struct diff_side {
	const char *path;
	struct image image;
	struct bpf_object *object;
};

struct diff {
	const struct diff_request *request;
	struct diff_side former, object;
	json_t *programs, *maps, *records;
	json_t *reasons; /* why a reload from the one to the other would be refused */
};

/* The mode of main(): returns its exit status; 2: the arguments make no sense. */
int diff_main(int argc, char **argv);

/*
 * Each compares what stands in both, and adds to the list of its name an object with "name",
 * "change" (same, changed, added, removed) and, where it changed, "changes". -ENOMEM, and -EINVAL
 * for types that nobody can compare.
 */
int diff_programs(struct diff *diff);
int diff_maps(struct diff *diff);
int diff_records(struct diff *diff);

/* Whether a NULL-terminated list has the word. */
bool diff_lists(const char *const *list, const char *word);

/* -ENOMEM. */
int diff_add_reason(struct diff *diff, const char *format, ...) PRINTF_LIKE(2, 3);
