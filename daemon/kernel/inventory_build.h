/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How an inventory comes to be; private to inventory*.c. */
#pragma once

#include "daemon/kernel/inventory.h"
#include "daemon/kernel/unit_view.h"
#include "lib/macro.h"

#define ARROW		    " → "
#define INVENTORY_CHAIN_MAX 64
#define INVENTORY_SHARED    "shared" /* the directory of shared maps */

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

/* Judges what lies in ROOT/shared, and adds to `missing` what ought to. */
int inventory_judge_shared(struct inventory *inventory, struct inventory *missing, const char *root,
			   struct failure *reterr_failure);

/* ROOT/shared or anything in it. */
bool inventory_is_shared(const struct inventory_object *object);

/* "selector bank a → gen-3" */
void inventory_chain(const struct unit_view *view, int bank, char *chain, size_t size);

/* Of what the generation in that bank needs. */
enum inventory_class inventory_class_of_bank(const struct unit_view *view, int bank);
