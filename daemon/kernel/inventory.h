/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that lies below the root, each object with the class that the layout gives it. Reads only,
 * and copes with whatever anybody has put there.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/kernel/pinned.h"
#include "lib/outcome.h"

enum inventory_class {
	INVENTORY_OWNED,   /* needed by a generation in force, or by an operation under way */
	INVENTORY_FORMER,  /* needed by the generation that a rollback goes to */
	INVENTORY_ORPHAN,  /* ours, and needed by nobody any more */
	INVENTORY_FOREIGN, /* not known to the layout, or not the kind of object it expects */
	INVENTORY_CLASS_MAX_,
};

/* "owned", … */
const char *inventory_class_name(enum inventory_class class);

struct inventory_object {
	enum inventory_class class;
	char *path; /* below the root; bytes as they are */
	struct pinned pinned;
	json_t *references; /* chains from a selector to this object, as texts; never NULL */
	char *problem;	    /* why it is orphan or foreign, or what is wrong with it; or NULL */
};

struct inventory {
	struct inventory_object *objects; /* by path; a directory before what is in it */
	size_t count;
};

/*
 * Reads all below `root`, or one unit's directory alone. A pin that ought to be there and is not is
 * an object of kind PIN_MISSING. Failures: OUTCOME_NO_SUCH_UNIT, OUTCOME_NOT_PERMITTED, -ENOENT
 * where there is no root, -EINVAL for a root that is on no bpffs, -ENOMEM.
 */
int inventory_read(const char *root, const char *unit, struct inventory **ret,
		   struct failure *reterr_failure);
/* Accepts NULL; returns NULL. */
struct inventory *inventory_free(struct inventory *inventory);

/* An operation of the unit is under way: what it has made is no orphan, and nothing stands still.
 */
void inventory_excuse(struct inventory *inventory, const char *unit);

/* Nothing is orphan or foreign, nothing is wrong. */
bool inventory_is_sound(const struct inventory *inventory);

/* One class as an array of objects: class, path, kind, id, references, problem. */
json_t *inventory_of_class(const struct inventory *inventory, enum inventory_class class);

/*
 * {"sound", "counts": {CLASS: number}, "objects"}: what `fsck` answers, whoever reads. Bytes that
 * are not UTF-8 become `?`.
 */
json_t *inventory_report(const struct inventory *inventory);

/*
 * Removes orphans, never anything else: links first, which are detached, then entries, then other
 * pins, then directories, of which those stay that hold something foreign. What is not what it was
 * when the inventory was read stays, too. May wait: for the waiter. Each object that stays has a
 * line in *failures, an array. Returns the number of objects removed.
 */
size_t inventory_remove_orphans(const char *root, const struct inventory *inventory,
				json_t *failures);

/* Whether the root can be read as one: it is there, and on a bpffs. Errors as inventory_read(). */
int inventory_check_root(const char *root, struct failure *reterr_failure);
