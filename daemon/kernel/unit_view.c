/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/unit_view.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/pinned.h"
#include "daemon/kernel/selector.h"

int unit_view_refuse(const char *path, int err, struct failure *reterr_failure)
{
	if (err == -EPERM || err == -EACCES)
		return failure_set(reterr_failure, OUTCOME_NOT_PERMITTED, err,
				   "not permitted to read pins at \"%s\": be root", path);
	return failure_set_errno(reterr_failure, OUTCOME_FAILED, err, "cannot read \"%s\"", path);
}

static void read_manifest(const struct unit_pins *pins, struct unit_view *view, int bank)
{
	uint32_t generation = view->selector.generation[bank];
	char path[PIN_PATH_MAX];

	if (!generation)
		return;
	pin_path(path, pins->root, "%s/gen-%u/manifest", pins->unit, generation);
	(void)manifest_read(path, &view->banks[bank], &view->manifest_failures[bank]);
}

/* What is no map is not even opened: the kernel says EACCES of a directory, too. */
static int read_selector(const char *path, struct unit_view *view)
{
	struct pinned pinned;
	int err = pinned_look(path, &pinned);

	if (err)
		return err;
	if (pinned.kind == PIN_MISSING)
		return -ENOENT;
	if (pinned.kind != PIN_MAP)
		return failure_set(&view->failure, OUTCOME_FAILED, -EINVAL, "%s: no selector",
				   path);
	return selector_read(path, &view->selector, &view->failure);
}

static int read_all(const struct unit_pins *pins, struct unit_view *view,
		    struct failure *reterr_failure)
{
	char path[PIN_PATH_MAX];
	int err;

	pin_path(path, pins->root, "%s/selector", pins->unit);
	err = read_selector(path, view);
	if (err == -EPERM || err == -EACCES)
		return unit_view_refuse(path, err, reterr_failure);
	view->has_selector = !err;
	if (err) {
		view->state = err == -ENOENT ? UNIT_VIEW_UNFINISHED : UNIT_VIEW_UNREADABLE;
		return 0;
	}
	view->state =
		unit_view_active(view) == BANK_NONE ? UNIT_VIEW_UNFINISHED : UNIT_VIEW_IN_FORCE;
	for (int bank = 0; bank < EBPFD_BANKS; bank++)
		read_manifest(pins, view, bank);
	return 0;
}

int unit_view_read(const struct unit_pins *pins, struct unit_view **ret,
		   struct failure *reterr_failure)
{
	struct unit_view *view = calloc(1, sizeof(*view));
	int err;

	if (!view)
		return -ENOMEM;
	err = read_all(pins, view, reterr_failure);
	if (err) {
		unit_view_free(view);
		return err;
	}
	*ret = view;
	return 0;
}

struct unit_view *unit_view_free(struct unit_view *view)
{
	if (!view)
		return NULL;
	for (int bank = 0; bank < EBPFD_BANKS; bank++)
		manifest_free(view->banks[bank]);
	free(view);
	return NULL;
}

int unit_view_active(const struct unit_view *view)
{
	return view->has_selector ? word_bank(view->selector.word) : BANK_NONE;
}

bool unit_view_is_moving(const struct unit_view *view)
{
	return view->has_selector && view->selector.operation != EBPFD_OPERATION_NONE;
}
