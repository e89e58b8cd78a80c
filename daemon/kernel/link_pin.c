/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/link_pin.h"

#include <errno.h>
#include <stdio.h>

#include "daemon/kernel/anchor.h"
#include "daemon/kernel/bpffs.h"
#include "lib/fault.h"

static int engage_and_rename(const struct link_pin *pin, const char *staged,
			     struct failure *reterr_failure)
{
	char path[PIN_PATH_MAX];
	int err = hook_engage(pin->attach, pin->link, pin->program, reterr_failure);

	if (err)
		return err;
	fault_point(pin->operation, "pinned");
	place_path(pin->pins, pin->place, "link", path);
	if (rename(staged, path) < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -errno,
					 "cannot rename \"%s\"", staged);
	fault_point(pin->operation, "renamed");
	return 0;
}

int link_pin_put(const struct link_pin *pin, struct failure *reterr_failure)
{
	char staged[PIN_PATH_MAX];
	int err;

	place_path(pin->pins, pin->place, LINK_PIN_NEW, staged);
	/* Of a kill: nobody else makes one. */
	(void)bpffs_remove_link(staged);
	err = bpffs_pin(pin->link, staged, reterr_failure);
	if (err) {
		/* A link goes with its descriptor. */
		anchor_release(pin->link);
		return err;
	}
	err = engage_and_rename(pin, staged, reterr_failure);
	if (err)
		(void)bpffs_remove_link(staged);
	return err;
}
