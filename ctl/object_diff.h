/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between two object files, as ebpfd-loader tells it. */
#pragma once

#include <stdio.h>

#include "ctl/object_units.h"

/* A file behind a descriptor, which is borrowed, and where it came from, for people. */
struct object_file {
	const char *path;
	int fd;
};

/*
 * Compares the object with a former one, as the units that name it see them. Failures as
 * loader_run(), with the path of the file that cannot be read.
 */
int object_diff(const struct loader *loader, const struct object_file *former,
		const struct object_file *object, const struct object_units *units, json_t **ret,
		struct failure *reterr_failure);

/* Whether a reload from the one to the other would keep what it should. */
bool object_diff_is_safe(const json_t *diff);

/* For people: "OLD -> NEW", whether that is safe, and tables of programs, maps and records. */
void object_diff_print(FILE *out, const json_t *diff);
