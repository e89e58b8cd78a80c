/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log lines that outsiders can cause as often as they like: one of a kind in a while. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPARING_PAUSE_USEC (UINT64_C(10) * 1000 * 1000)
#define SPARING_NOTE_MAX   64

/* All zeros to begin with. */
struct sparing {
	uint64_t next_usec;
	size_t kept_back;
};

/*
 * Whether a line is due at `now_usec` (any clock, always the same). Only then is ret_note written:
 * text for the line's end that tells how many were kept back since the last one, or "".
 */
bool sparing_is_due(struct sparing *sparing, uint64_t now_usec, char ret_note[SPARING_NOTE_MAX]);
