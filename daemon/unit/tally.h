/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a unit's operations ended and how long their phases took, since the daemon's start. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/outcome.h"

struct operation;

/* Upper bounds of the buckets but the last, which has none; in microseconds. */
#define TALLY_BUCKETS 8
extern const uint64_t tally_bounds_usec[TALLY_BUCKETS - 1];

/* Kinds that change something, by the outcomes that an operation can have. */
#define TALLY_RESULTS_MAX 24
#define TALLY_PHASES_MAX  24

struct tally_result {
	const char *operation; /* static text */
	enum outcome outcome;
	uint64_t count;
};

/* A phase of all operations alike: names say what was done, whoever had it done. */
struct tally_phase {
	const char *name; /* static text */
	uint64_t count;
	uint64_t sum_usec;
	uint64_t buckets[TALLY_BUCKETS]; /* each by itself, not those below it too */
};

/* The last operation that changed something or failed to; no name: there was none. */
struct tally_last {
	const char *operation; /* static text */
	enum outcome outcome;
	uint64_t end_usec; /* CLOCK_REALTIME */
	uint64_t usec;	   /* that it took */
};

struct tally {
	struct tally_result results[TALLY_RESULTS_MAX];
	size_t result_count;
	struct tally_phase phases[TALLY_PHASES_MAX];
	size_t phase_count;
	struct tally_last last;
};

/* Counts an operation that has ended. More kinds of them than there is room for are not counted. */
void tally_add(struct tally *tally, const struct operation *operation, enum outcome outcome);
