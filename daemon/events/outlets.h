/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the records of one stream go: its sink, and the unit's subscribers. A record is decoded
 * once for all that want the same form of it, and not at all if nobody wants it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/events/audience.h"
#include "daemon/events/check.h"
#include "daemon/events/decode.h"
#include "daemon/events/sink.h"

struct outlets {
	const struct decoder *decoder;
	struct decoder *wide; /* made when the first subscriber wants it; owned */
	const struct check *check;
	uint64_t mismatched; /* records that the check kept back, of all that were put */
	struct sink *sink;
	struct audience *audience; /* or NULL */
	uint32_t generation;
};

/* Idempotent; all but `wide` is borrowed. */
void outlets_deinit(struct outlets *outlets);

/* Whether any record is wanted. */
bool outlets_listen(const struct outlets *outlets);

void outlets_put(struct outlets *outlets, const struct ring_record *record, bool again);

/* Writes what is buffered. Returns the number of lines that the sink lost since the last call. */
uint64_t outlets_flush(struct outlets *outlets);
