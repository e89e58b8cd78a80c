/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What UnitsDirectory= says of a unit now, against what is in force. Reads, and changes nothing. */
#pragma once

#include "daemon/unit/unit.h"

enum difference {
	DIFFERENCE_NONE,
	DIFFERENCE_NEW,	    /* a unit file, and no unit */
	DIFFERENCE_CHANGED, /* the text of the unit file is another one */
	DIFFERENCE_GONE,    /* a unit that was loaded from there, and no unit file */
};

#define DIFFERENCE_NOTE_MAX 256

/*
 * `note`, at least DIFFERENCE_NOTE_MAX bytes, gets a sentence where the answer alone says too
 * little, else "". A changed object file is no difference. Under an override by rollback the unit
 * file is compared with what was last read from it, as the history has it, since the generation in
 * force is of an older one.
 *
 * Fails where the unit has to stay as it is: -EBUSY with OUTCOME_BUSY while an operation is under
 * way; OUTCOME_REFUSED for a unit that is left alone or degraded; else the errors of the unit file,
 * each with file and line.
 */
int difference_find(const struct units *units, const char *name, enum difference *ret, char *note,
		    struct failure *reterr_failure);

/* Whether the generation in force was made from the unit's file in UnitsDirectory=. */
bool difference_is_configured(const struct unit *unit);
