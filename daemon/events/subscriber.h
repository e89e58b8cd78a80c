/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Somebody who reads a unit's lines from a pipe. What the pipe does not take is kept up to a bound;
 * lines beyond it are lost to this subscriber, and it is told how many by a line
 *
 *   {"lost":12,"unit":"fw"}
 *
 * in their place as soon as half of the bound is free again. Nothing here waits.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "daemon/events/filter.h"
#include "daemon/events/line_reader.h"
#include "lib/str.h"

/* No bound below this: a line that tells of a loss must fit. */
#define SUBSCRIBER_BUFFER_MIN 4096

struct audience;

struct subscriber {
	struct subscriber *next;
	struct audience *audience; /* that it is one of */
	char unit[NAME_MAX_LENGTH + 1];
	uint64_t number; /* since the daemon's start, for people */
	uint32_t peer_uid;
	uint64_t since_usec;	/* CLOCK_REALTIME */
	uint32_t generation;	/* wants lines of this one alone; 0: of all */
	bool wide_as_text;	/* --numbers=string */
	struct filters filters; /* owned */

	int fd; /* where lines are written to; does not block */
	sd_event_source *writable;
	sd_event_source *deadline; /* while ending */
	bool waits_for_room;
	bool ending; /* gets no more lines; goes when it has read them */
	bool left;   /* there is no reader any more */

	char *buffer;
	size_t size;
	size_t start, end; /* of what the pipe has not taken */

	uint64_t delivered; /* lines, into the pipe or the buffer */
	uint64_t lost;
	uint64_t lost_untold;
};

/*
 * Makes the pipe and the buffer. The reader's end is the caller's. When the reader leaves, or has
 * read all after subscriber_end(), the subscriber goes from its audience by itself.
 */
int subscriber_open(struct subscriber *subscriber, sd_event *event, size_t size,
		    int *ret_reader_fd);
/* Accepts NULL. */
void subscriber_free(struct subscriber *subscriber);

/* Whether lines of this generation are to be put at all. */
bool subscriber_wants(const struct subscriber *subscriber, uint32_t generation);

/* Puts the line, and a newline, if it passes the filters and there is room. */
void subscriber_put(struct subscriber *subscriber, struct line_text line);
/* A line that could not be made for lack of memory. */
void subscriber_lose(struct subscriber *subscriber);

/* Writes what the pipe takes now. */
void subscriber_flush(struct subscriber *subscriber);

/* No more lines. It has some time to read what it has not read yet. */
void subscriber_end(struct subscriber *subscriber);
