/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of recovery have in common. */
#pragma once

#include "daemon/unit/recover.h"

struct recovery {
	struct unit *unit;
	recover_note_fn note;
};

/* A line for the log, with the unit's name in front. */
void recovery_note(const struct recovery *recovery, int level, const char *format, ...)
	PRINTF_LIKE(3, 4);

/*
 * Ends the operation that the selector names, forward or back; without one, nothing. A link in
 * another's hand: the error and its failure, and the operation stays named for the next start.
 */
int recovery_end_operation(const struct recovery *recovery, struct failure *reterr_failure);
