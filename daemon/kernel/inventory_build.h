/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How an inventory comes to be; private to inventory*.c. */
#pragma once

#include "daemon/kernel/inventory.h"
#include "lib/macro.h"

/* NULL if there is none of that path. */
struct inventory_object *inventory_find(const struct inventory *inventory, const char *path);

/* Sets class and problem; the format may be NULL for no problem. */
void inventory_judge(struct inventory_object *object, enum inventory_class class,
		     const char *format, ...) PRINTF_LIKE(3, 4);

/* Adds one chain. */
void inventory_refer(struct inventory_object *object, const char *format, ...) PRINTF_LIKE(2, 3);

/* A new object at the end; the order is the caller's to restore. NULL: no memory. */
struct inventory_object *inventory_append(struct inventory *inventory, const char *path,
					  const struct pinned *pinned);

/* One unit's directory: objects [first, end), of which the first is the directory itself. */
struct inventory_unit {
	struct inventory *all; /* by path; grows no more */
	struct inventory *missing;
	const char *root;
	const char *name; /* of the directory */
	size_t first, end;
};

/* Judges what lies in a unit's directory, and adds to `missing` what ought to. */
int inventory_judge_unit(const struct inventory_unit *unit, struct failure *reterr_failure);
