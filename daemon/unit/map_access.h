/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps of a unit's generation in force, for clients: shown, read, written. */
#pragma once

#include "daemon/unit/unit.h"

enum map_verb { MAP_LIST, MAP_DUMP, MAP_GET, MAP_SET, MAP_DELETE };

/* Questions that wait for the waiter at a time; one more is OUTCOME_BUSY: each has maps open. */
#define MAP_QUESTIONS_MAX 64

/* Strings are the caller's. */
struct map_question {
	enum map_verb verb;
	const char *unit;
	const char *map;   /* not of MAP_LIST */
	const char *inner; /* the key at which the map is in that one; NULL: it is that one */
	const char *key;   /* MAP_GET, MAP_SET, MAP_DELETE */
	const char *value; /* MAP_SET */
	bool each_cpu;	   /* not the sum of a per-CPU map's values */
	bool wide_as_text; /* integers of 64 bits become strings */
};

/* All of it is borrowed. */
struct map_answer {
	/* MAP_LIST: {"maps": [describe_map() and "kept", "shared"]}; of one that cannot be opened
	 * "name", "kept", "shared" and "problem" */
	const json_t *list;
	const char *line; /* MAP_GET */
	int fd;		  /* MAP_DUMP: the reader's end of a pipe */
};

/* Once, on the loop; an answer, or NULL and the failure. */
typedef void (*map_done_fn)(void *data, const struct map_answer *answer,
			    const struct failure *failure);

/*
 * Opens what is asked for at once, so that no reload takes it away, and does the rest on the
 * waiter; a dump has a thread of its own. 0, or a negative errno with the failure, after which
 * `done` is not called.
 */
int map_access(struct units *units, const struct map_question *question, map_done_fn done,
	       void *data, struct failure *reterr_failure);
