/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The phases of operations while they run: a line per unit that grows, with the time each phase
 * took. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "ctl/verb.h"
#include "lib/str.h"

struct progress {
	FILE *stream;			/* NULL: nothing is shown */
	char unit[NAME_MAX_LENGTH + 1]; /* whose line has begun; "": none has */
	uint64_t phase_usec;		/* when the present phase began, in the daemon's count */
	uint64_t arrived_usec;		/* when we heard of it, CLOCK_MONOTONIC */
};

/* Phases are for somebody who watches: at a terminal, and neither for programs nor with --quiet. */
struct progress progress_for(const struct invocation *invocation);

/*
 * A phase of the unit begins, `usec` after its operation did; the line of the unit before ends.
 * `userdata` is a struct progress.
 */
void progress_phase(void *userdata, const char *unit, const char *phase, uint64_t usec);

/*
 * Ends the line, if there is one. How long the last phase took nobody says, so that it is what has
 * passed since its signal came.
 */
void progress_end(struct progress *progress);
