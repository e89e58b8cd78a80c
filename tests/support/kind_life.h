/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole life of a unit at some kind of hook, with a real daemon and real events: load, 100
 * reloads under load (LIFE_RELOADS, an even number, makes them fewer), rollbacks, a SIGKILL and
 * what its successor adopts, unload. All runs of all programs are accounted for, by the number that
 * each has in its record (tests/bpf/life.h).
 *
 * Says "# reloads=N calls=N" of the load, and at its end "# lost=N": runs that no record came of.
 */
#pragma once

#include <stdbool.h>

#include "tests/support/sandbox.h"

struct kind_life {
	const char *object; /* tests/bpf/OBJECT_v1.bpf.o and OBJECT_v2.bpf.o */
	const char *hooks;  /* the unit file's [Hook] sections, and [Set] where it needs one */
	const char *swap;   /* Swap= */
	const char *way;    /* that each hook has then */
	unsigned places;    /* programs that report, as 0 to places - 1 */

	/*
	 * Makes each program run, as often at each call. 0 or a negative errno. Called in a
	 * process of its own, after `prepare` (which may be NULL) was called there once.
	 */
	int (*trigger)(void *data);
	int (*prepare)(void *data);
	void *data;

	/* A service manager keeps what the daemon holds over its restart. */
	bool is_held;

	/* The programs of both generations run during an exchange: records may be more. */
	bool overlaps;
};

/* Ends the test where it fails. */
void kind_life_run(const struct sandbox *sandbox, const struct kind_life *life);

/* As cmocka's tear-down of such a test: nothing of daemon and unit is left, wherever it ended. */
int kind_life_clean(void **state);
