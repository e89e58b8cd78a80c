/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dumps of maps: each is a thread that writes lines of JSON into a pipe, so that neither the loop
 * nor the waiter waits for a map that is large or a reader that is slow. The last line is
 *
 *	{"end":{"entries":N,"complete":true}}
 *
 * or has "complete":false where the walk gave up, and "error" where the kernel refused to go on.
 * A stream without it was cut off: the reader took longer than DUMP_PATIENCE_USEC for DUMP_PIECE
 * bytes, or the daemon ended. A reader that leaves ends its dump.
 */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/maps/open_map.h"
#include "lib/outcome.h"

/* At a time; one more is OUTCOME_BUSY. */
#define DUMPS_MAX 8

#define DUMP_PIECE	   (64UL * 1024)
#define DUMP_PATIENCE_USEC UINT64_C(60000000)

struct dumps;

int dumps_new(sd_event *event, struct dumps **ret);

/* Ends all that are under way and waits for that, which takes a moment. Accepts NULL; returns NULL.
 */
struct dumps *dumps_free(struct dumps *dumps);

/* That are under way. */
size_t dumps_count(const struct dumps *dumps);

/* Begins one. Takes the map over, also on failure; *ret_fd is the reader's end. */
int dumps_begin(struct dumps *dumps, struct open_map *map, int *ret_fd,
		struct failure *reterr_failure);
