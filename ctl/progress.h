/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The phases of an operation while it runs: one line that grows, with the time each phase took. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct progress {
	FILE *stream; /* NULL: nothing is shown */
	const char *unit;
	bool begun;
	uint64_t phase_usec;   /* when the present phase began, in the daemon's count */
	uint64_t arrived_usec; /* when we heard of it, CLOCK_MONOTONIC */
};

/* A phase begins, `usec` after the operation did. `userdata` is a struct progress. */
void progress_phase(void *userdata, const char *phase, uint64_t usec);

/*
 * Ends the line, if there is one. How long the last phase took nobody says, so that it is what has
 * passed since its signal came.
 */
void progress_end(struct progress *progress);
