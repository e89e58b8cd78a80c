/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/inventory.h"

#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/inventory_build.h"
#include "daemon/kernel/unit_view.h"
#include "lib/cleanup.h"
#include "lib/str.h"
#include "lib/utf8.h"

/* The layout has 4 levels below the root. What lies deeper is foreign and counted by its top. */
#define DEPTH_MAX 5

const char *inventory_class_name(enum inventory_class class)
{
	static const char *const names[INVENTORY_CLASS_MAX_] = {
		[INVENTORY_OWNED] = "owned",
		[INVENTORY_FORMER] = "former",
		[INVENTORY_ORPHAN] = "orphan",
		[INVENTORY_FOREIGN] = "foreign",
	};

	return names[class];
}

/* ---- objects ---- */

struct inventory_object *inventory_append(struct inventory *inventory, const char *path,
					  const struct pinned *pinned)
{
	struct inventory_object *object, *objects;

	objects = reallocarray(inventory->objects, inventory->count + 1, sizeof(*objects));
	if (!objects)
		return NULL;
	inventory->objects = objects;
	object = &objects[inventory->count];
	*object = (struct inventory_object){.class = INVENTORY_FOREIGN,
					    .path = strdup(path),
					    .pinned = *pinned,
					    .references = json_array()};
	if (!object->path || !object->references) {
		free(object->path);
		json_decref(object->references);
		return NULL;
	}
	inventory->count++;
	return object;
}

struct inventory *inventory_free(struct inventory *inventory)
{
	if (!inventory)
		return NULL;
	for (size_t i = 0; i < inventory->count; i++) {
		free(inventory->objects[i].path);
		free(inventory->objects[i].problem);
		json_decref(inventory->objects[i].references);
	}
	free(inventory->objects);
	free(inventory);
	return NULL;
}

static int rank_of(char character)
{
	return character == '/' ? 1 : character ? (unsigned char)character + 1 : 0;
}

/* A directory comes before what is in it, and that before its neighbours: '/' is below all else. */
static int compare_paths(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return rank_of(*a) - rank_of(*b);
}

static int compare_objects(const void *a, const void *b)
{
	return compare_paths(((const struct inventory_object *)a)->path,
			     ((const struct inventory_object *)b)->path);
}

struct inventory_object *inventory_find(const struct inventory *inventory, const char *path)
{
	const struct inventory_object wanted = {.path = (char *)path};

	if (!inventory->count)
		return NULL;
	return bsearch(&wanted, inventory->objects, inventory->count, sizeof(wanted),
		       compare_objects);
}

static void sort(struct inventory *inventory)
{
	if (inventory->count)
		qsort(inventory->objects, inventory->count, sizeof(*inventory->objects),
		      compare_objects);
}

/* Texts go into JSON: names in bpffs are any bytes. */
static char *format_text(const char *format, va_list values)
{
	char *text;

	if (vasprintf(&text, format, values) < 0)
		return NULL;
	utf8_replace_invalid(text);
	return text;
}

void inventory_judge(struct inventory_object *object, enum inventory_class class,
		     const char *format, ...)
{
	va_list values;

	object->class = class;
	free(object->problem);
	object->problem = NULL;
	if (!format)
		return;
	va_start(values, format);
	object->problem = format_text(format, values);
	va_end(values);
}

void inventory_refer(struct inventory_object *object, const char *format, ...)
{
	cleanup_free char *text = NULL;
	va_list values;

	va_start(values, format);
	text = format_text(format, values);
	va_end(values);
	json_array_append_new(object->references, json_string(text));
}

/* ---- the walk ---- */

static int walk(struct inventory *inventory, const char *root, const char *path, int depth,
		struct failure *reterr_failure);

static int take(struct inventory *inventory, const char *root, const char *path, int depth,
		struct failure *reterr_failure)
{
	char full[PIN_PATH_MAX];
	struct pinned pinned;
	int err;

	pin_path(full, root, "%s", path);
	err = pinned_look(full, &pinned);
	if (err == -EPERM || err == -EACCES)
		return unit_view_refuse(full, err, reterr_failure);
	if (err < 0)
		pinned = (struct pinned){.kind = PIN_OTHER};
	if (pinned.kind == PIN_MISSING)
		return 0; /* it went while we looked */
	if (!inventory_append(inventory, path, &pinned))
		return -ENOMEM;
	if (pinned.kind != PIN_DIRECTORY || depth == DEPTH_MAX)
		return 0;
	return walk(inventory, root, path, depth + 1, reterr_failure);
}

static int walk(struct inventory *inventory, const char *root, const char *path, int depth,
		struct failure *reterr_failure)
{
	char full[PIN_PATH_MAX];
	struct dirent *entry;
	DIR *directory;
	int err = 0;

	pin_path(full, root, "%s", path);
	directory = opendir(full);
	if (!directory && errno == ENOENT)
		return 0;
	if (!directory)
		return unit_view_refuse(full, -errno, reterr_failure);
	while (!err && (entry = readdir(directory))) {
		cleanup_free char *below = NULL;

		/* bpffs has no other names with a dot. */
		if (entry->d_name[0] == '.')
			continue;
		if (asprintf(&below, "%s%s%s", path, *path ? "/" : "", entry->d_name) < 0)
			err = -ENOMEM;
		else
			err = take(inventory, root, below, depth, reterr_failure);
	}
	closedir(directory);
	return err;
}

/* ---- judgement ---- */

static bool is_below(const char *path, const char *directory)
{
	const char *rest;

	return str_has_prefix(path, directory, &rest) && (*rest == '/' || !*rest);
}

static size_t end_of(const struct inventory *inventory, size_t first, size_t count)
{
	size_t end = first + 1;

	while (end < count &&
	       is_below(inventory->objects[end].path, inventory->objects[first].path))
		end++;
	return end;
}

static void judge_foreign(struct inventory *inventory, size_t first, size_t end)
{
	const char *problem = inventory->objects[first].pinned.kind == PIN_DIRECTORY
				      ? "no unit can have this name"
				      : "no object belongs here, only directories of units";

	for (size_t i = first; i < end; i++)
		inventory_judge(&inventory->objects[i], INVENTORY_FOREIGN, "%s",
				i == first ? problem : "in a directory that is foreign");
}

static bool is_unit(const struct inventory_object *object)
{
	return object->pinned.kind == PIN_DIRECTORY && strlen(object->path) < UNIT_DIRECTORY_MAX &&
	       (unit_name_is_valid(object->path) || str_has_prefix(object->path, "gone-", NULL));
}

bool inventory_is_shared(const struct inventory_object *object)
{
	return is_below(object->path, INVENTORY_SHARED);
}

static int judge_all(struct inventory *inventory, struct inventory *missing, const char *root,
		     struct failure *reterr_failure)
{
	size_t end;
	int err = 0;

	for (size_t first = 0; !err && first < inventory->count; first = end) {
		struct inventory_unit unit = {.all = inventory,
					      .missing = missing,
					      .root = root,
					      .name = inventory->objects[first].path,
					      .first = first};

		unit.end = end = end_of(inventory, first, inventory->count);
		if (is_unit(&inventory->objects[first]))
			err = inventory_judge_unit(&unit, reterr_failure);
		else if (!inventory_is_shared(&inventory->objects[first]))
			judge_foreign(inventory, first, end);
	}
	return err;
}

/* Moves all objects of one to the other's end. */
static int merge(struct inventory *into, struct inventory *from)
{
	struct inventory_object *objects =
		reallocarray(into->objects, into->count + from->count + 1, sizeof(*into->objects));

	if (!objects)
		return -ENOMEM;
	into->objects = objects;
	for (size_t i = 0; i < from->count; i++)
		objects[into->count++] = from->objects[i];
	from->count = 0;
	sort(into);
	return 0;
}

static int judge(struct inventory *inventory, const char *root, bool all,
		 struct failure *reterr_failure)
{
	struct inventory *missing = calloc(1, sizeof(*missing));
	int err;

	if (!missing)
		return -ENOMEM;
	err = judge_all(inventory, missing, root, reterr_failure);
	/* One unit alone does not show who shares a map with it. */
	if (!err && all)
		err = inventory_judge_shared(inventory, missing, root, reterr_failure);
	if (!err)
		err = merge(inventory, missing);
	inventory_free(missing);
	return err;
}

int inventory_check_root(const char *root, struct failure *reterr_failure)
{
	struct statfs fs;

	if (statfs(root, &fs) < 0)
		return unit_view_refuse(root, -errno, reterr_failure);
	if (fs.f_type != BPF_FS_MAGIC)
		return failure_set(reterr_failure, OUTCOME_FAILED, -EINVAL,
				   "root \"%s\" is not on a bpffs; name the daemon's with --root",
				   root);
	return 0;
}

static int take_all(struct inventory *inventory, const char *root, const char *unit,
		    struct failure *reterr_failure)
{
	int err = inventory_check_root(root, reterr_failure);

	if (err)
		return err;
	if (!unit)
		return walk(inventory, root, "", 1, reterr_failure);
	err = take(inventory, root, unit, 1, reterr_failure);
	if (!err && !inventory->count)
		return failure_set(reterr_failure, OUTCOME_NO_SUCH_UNIT, -ENOENT,
				   "no unit \"%s\" is below %s", unit, root);
	return err;
}

int inventory_read(const char *root, const char *unit, struct inventory **ret,
		   struct failure *reterr_failure)
{
	struct inventory *inventory = calloc(1, sizeof(*inventory));
	int err;

	if (!inventory)
		return -ENOMEM;
	if (reterr_failure)
		*reterr_failure =
			(struct failure){.outcome = OUTCOME_FAILED, .text = "out of memory"};
	err = take_all(inventory, root, unit, reterr_failure);
	sort(inventory);
	if (!err)
		err = judge(inventory, root, !unit, reterr_failure);
	if (err) {
		inventory_free(inventory);
		return err;
	}
	*ret = inventory;
	return 0;
}

/* The unit's directory, or the one that its unload has made of it: gone-UNIT-NUMBER. */
static bool belongs_to(const char *path, const char *unit)
{
	const char *rest;

	if (is_below(path, unit))
		return true;
	return str_has_prefix(path, "gone-", &rest) && str_has_prefix(rest, unit, &rest) &&
	       *rest == '-' && strspn(rest + 1, "0123456789") == strcspn(rest + 1, "/");
}

void inventory_excuse(struct inventory *inventory, const char *unit)
{
	for (size_t i = 0; i < inventory->count; i++) {
		struct inventory_object *object = &inventory->objects[i];

		/* What it shares may come and go with it. */
		if (object->class == INVENTORY_FOREIGN ||
		    (!belongs_to(object->path, unit) && !inventory_is_shared(object)))
			continue;
		if (object->class == INVENTORY_ORPHAN)
			inventory_refer(object, "operation under way");
		inventory_judge(object,
				object->class == INVENTORY_FORMER ? INVENTORY_FORMER
								  : INVENTORY_OWNED,
				NULL);
	}
}

bool inventory_is_sound(const struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++)
		if (inventory->objects[i].problem ||
		    inventory->objects[i].class >= INVENTORY_ORPHAN)
			return false;
	return true;
}

/* ---- JSON ---- */

static json_t *object_to_json(const struct inventory_object *object)
{
	cleanup_free char *path = strdup(object->path);

	if (path)
		utf8_replace_invalid(path);
	return json_pack("{s:s, s:s, s:s, s:o, s:O, s:s?}", "class",
			 inventory_class_name(object->class), "path", path ? path : "?", "kind",
			 pin_kind_name(object->pinned.kind), "id",
			 object->pinned.id ? json_integer(object->pinned.id) : json_null(),
			 "references", object->references, "problem", object->problem);
}

json_t *inventory_of_class(const struct inventory *inventory, enum inventory_class class)
{
	json_t *objects = json_array();

	for (size_t i = 0; i < inventory->count; i++)
		if (inventory->objects[i].class == class)
			json_array_append_new(objects, object_to_json(&inventory->objects[i]));
	return objects;
}

json_t *inventory_report(const struct inventory *inventory)
{
	json_int_t count[INVENTORY_CLASS_MAX_] = {0};
	json_t *counts = json_object(), *objects = json_array();

	for (size_t i = 0; i < inventory->count; i++) {
		count[inventory->objects[i].class]++;
		json_array_append_new(objects, object_to_json(&inventory->objects[i]));
	}
	for (enum inventory_class class = 0; class < INVENTORY_CLASS_MAX_; class ++)
		json_object_set_new(counts, inventory_class_name(class),
				    json_integer(count[class]));
	return json_pack("{s:b, s:o, s:o}", "sound", (int)inventory_is_sound(inventory), "counts",
			 counts, "objects", objects);
}
