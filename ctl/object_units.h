/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unit files of a folder, for objects that are not installed yet. */
#pragma once

#include <stddef.h>

#include "config/unit_file.h"
#include "ctl/loader.h"

struct object_units {
	struct unit_file **files; /* in the order of their names */
	size_t count;
};

/* All files NAME.conf of the folder. One that has errors is a failure, OUTCOME_FAILED. */
int object_units_read(const char *folder, struct object_units *ret, struct failure *reterr_failure);
void object_units_deinit(struct object_units *units);

/* Whether the unit's Object= has the file name of this path, in whatever folder. */
bool object_units_is_of(const struct unit_file *file, const char *object_path);

/* For --diff: what the object's units make of its maps, and which structs they read as records. */
void object_units_add_arguments(const struct object_units *units, const char *object_path,
				struct loader_arguments *arguments);
