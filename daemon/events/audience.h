/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The subscribers of one unit. They stay over its reloads, and get the lines of both banks in the
 * order in which these are consumed. Without subscribers nothing here costs anything.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "daemon/events/filter.h"
#include "daemon/events/line_reader.h"

struct subscriber;

struct audience {
	const char *unit; /* borrowed */
	struct subscriber *first;
	size_t count;
	/* How many want lines at all: plain ones, and ones with 64-bit numbers as text. */
	size_t plain_count, wide_count;
	/* Lines of those that have left. */
	uint64_t left_delivered, left_lost;
	/* Where a line is made that no sink has room for; grows, and goes with the last of them. */
	char *scratch;
	size_t scratch_size;
};

struct subscription {
	sd_event *event;
	uint32_t peer_uid;
	uint32_t generation; /* 0: all */
	bool wide_as_text;
	struct filters *filters; /* taken over on success */
	size_t buffer_size;	 /* bytes; see struct subscriber */
};

/*
 * A new one, which is the audience's; *ret_reader_fd is the caller's. It leaves by itself when its
 * reader does, but only from the loop.
 */
int audience_add(struct audience *audience, const struct subscription *subscription,
		 struct subscriber **ret, int *ret_reader_fd);

/* No more lines for anybody: the end of each pipe follows what is in it. `leaving` takes those over
 * that have not read all. */
void audience_dismiss(struct audience *audience, struct audience *leaving);
/* Idempotent. What was not read is lost. */
void audience_deinit(struct audience *audience);

/* Room for a line, or NULL if memory is out: then all lose it. */
char *audience_room(struct audience *audience, size_t size);

/* One line to all that want it in this form. */
void audience_put(struct audience *audience, uint32_t generation, bool wide_as_text,
		  struct line_text line);
void audience_lose(struct audience *audience, uint32_t generation, bool wide_as_text);
/* Writes what the pipes take. */
void audience_flush(struct audience *audience);

static inline bool audience_listens(const struct audience *audience)
{
	return audience && audience->count > 0;
}

/* Lines since the unit was loaded or adopted, of those too that have left. */
struct audience_totals {
	uint64_t delivered, lost;
};
struct audience_totals audience_totals(const struct audience *audience);

/* An array with an object for each: number, uid, since_usec, generation, delivered, lost, buffered.
 */
json_t *audience_to_json(const struct audience *audience);

/* ---- for subscriber.c ---- */

void audience_remove(struct subscriber *subscriber);
