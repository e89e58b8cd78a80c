/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/link_pin.h"

#include <errno.h>
#include <stdio.h>

#include "daemon/kernel/bpffs.h"
#include "lib/fault.h"

int link_pin_put(const struct unit_pins *pins, const char *place, int link, const char *operation,
		 struct failure *reterr_failure)
{
	char staged[PIN_PATH_MAX], path[PIN_PATH_MAX];
	int err;

	place_path(pins, place, LINK_PIN_NEW, staged);
	place_path(pins, place, "link", path);
	/* Of a kill: nobody else makes one. */
	(void)bpffs_remove_link(staged);
	err = bpffs_pin(link, staged, reterr_failure);
	if (err)
		return err;
	fault_point(operation, "pinned");
	if (rename(staged, path) < 0) {
		err = -errno;
		(void)bpffs_remove_link(staged);
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
					 "cannot rename \"%s\"", staged);
	}
	fault_point(operation, "renamed");
	return 0;
}
