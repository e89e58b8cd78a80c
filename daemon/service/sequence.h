/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units by name, one after the other in the order of names: for start, restore and daemon-reload.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/unit/unit.h"

struct sequence {
	const struct units *units;
	/* Whether something was begun at whose end sequence_next() is called, perhaps before the
	 * function returns. */
	bool (*begin)(void *data, const char *name);
	/* At the end, once: when all names had their turn, or the daemon is stopping. May deinit.
	 */
	void (*done)(void *data);
	void *data;
	char **names;
	size_t count, next;
};

/* Names have their turn once, however often they are added; all are added before the first turn. */
int sequence_add(struct sequence *sequence, const char *name);

/*
 * Adds what is in the directory and has the suffix, without it, but no hidden files. The negative
 * errno of opendir(3), or -ENOMEM.
 */
int sequence_add_files(struct sequence *sequence, const char *directory, const char *suffix);

/* The first turn; and the one after that which has just ended. */
void sequence_next(struct sequence *sequence);

/* The name whose turn it is. */
const char *sequence_name(const struct sequence *sequence);

/* Idempotent. */
void sequence_deinit(struct sequence *sequence);
