/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A key or value from text to the bytes of its type: the way back of daemon/events/decode.h.
 *
 * Text that begins with {, [ or " is JSON; any other is one bare scalar. An object has each member
 * of the struct and no other; of a union one member, or more that agree in the bits that they
 * share; padding becomes 0. Numbers may be strings, also in hex with 0x; enums are names or
 * numbers; bytes without a type, and arrays of bytes, are hex, arrays of char text; what Format= is
 * given for is written in that format.
 */
#pragma once

#include <stdbool.h>

#include "daemon/events/decode_entry.h"

enum entry_side { ENTRY_KEY, ENTRY_VALUE };

/* Whether text is JSON, and no bare scalar. */
bool encode_is_json(const char *text);

/*
 * Writes part.size bytes. OUTCOME_USAGE with the path of the field and what it should be; *bytes
 * may have been written to by then.
 */
int encode_part(const struct entry_settings *entry, enum entry_side side, const char *text,
		void *bytes, struct failure *reterr_failure);

/*
 * The same from a JSON list with one value for each of `cpus` CPUs, entry_value_stride() apart.
 */
int encode_each_cpu(const struct entry_settings *entry, unsigned cpus, const char *text,
		    void *bytes, struct failure *reterr_failure);
