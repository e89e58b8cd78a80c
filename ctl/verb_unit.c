/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "ctl/verb.h"
#include "lib/str.h"

int verb_unit_name(const char *name, struct failure *reterr_failure)
{
	if (unit_name_is_valid(name))
		return 0;
	return failure_set(
		reterr_failure, OUTCOME_USAGE, -EINVAL,
		"'%s' is no name of a unit: 1 to %d of a-z, 0-9, _ and -, with a letter or "
		"digit first; not shared, and not gone-…",
		name, NAME_MAX_LENGTH);
}
