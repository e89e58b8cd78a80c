/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/inventory_build.h"
#include "lib/cleanup.h"

/* In the order of removal: nothing is left that reaches what has gone. */
enum turn { TURN_LINK, TURN_ENTRY, TURN_PIN, TURN_DIRECTORY, TURN_MAX_ };

static enum turn turn_of(const struct inventory_object *object)
{
	if (pinned_attaches(&object->pinned))
		return TURN_LINK;
	switch (object->pinned.kind) {
	case PIN_DIRECTORY:
		return TURN_DIRECTORY;
	case PIN_PROGRAM:
		return strstr(object->path, "/hooks/") ? TURN_ENTRY : TURN_PIN;
	default:
		return TURN_PIN;
	}
}

static int remove_pin(const char *path, const struct pinned *expected)
{
	struct pinned now;
	int err = pinned_look(path, &now);

	if (err)
		return err;
	if (now.kind == PIN_MISSING)
		return 0;
	if (now.kind != expected->kind || now.id != expected->id)
		return -ESTALE;
	if (now.kind == PIN_DIRECTORY)
		return rmdir(path) < 0 ? -errno : 0;
	return pinned_attaches(&now) ? bpffs_remove_link(path) : unlink(path) < 0 ? -errno : 0;
}

static const char *reason_of(int err)
{
	if (err == -ENOTEMPTY)
		return "holds what is foreign, or came meanwhile";
	return err == -ESTALE ? "was changed by another hand meanwhile" : strerror(-err);
}

static void note_failure(json_t *failures, const struct inventory_object *object, int err)
{
	json_array_append_new(
		failures, json_pack("{s:s, s:s}", "path", object->path, "reason", reason_of(err)));
}

size_t inventory_remove_orphans(const char *root, const struct inventory *inventory,
				json_t *failures)
{
	size_t removed = 0;

	for (enum turn turn = 0; turn < TURN_MAX_; turn++)
		/* Backwards: what is in a directory comes behind it. */
		for (size_t i = inventory->count; i-- > 0;) {
			const struct inventory_object *object = &inventory->objects[i];
			char path[PIN_PATH_MAX];
			int err;

			if (object->class != INVENTORY_ORPHAN || turn_of(object) != turn)
				continue;
			pin_path(path, root, "%s", object->path);
			err = remove_pin(path, &object->pinned);
			if (err)
				note_failure(failures, object, err);
			else
				removed++;
		}
	return removed;
}
