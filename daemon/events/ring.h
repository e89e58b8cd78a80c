/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A BPF ring buffer, read in place. The consumer position lives in the map, so whoever opens the
 * ring next goes on where the last reader stopped; there must be one reader at a time.
 *
 * Why not libbpf's ring_buffer: it moves the consumer position behind each record, before ours
 * could put the counts of a batch into the ledger, and the position must be the last thing that
 * moves.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ring;

struct ring_record {
	const void *data; /* valid until ring_release() passes it */
	uint32_t length;
};

/* Maps the ring. Borrows the descriptor for the call only. -EINVAL if the map is no ring buffer. */
int ring_new(int map_fd, struct ring **ret);
/* Accepts NULL; returns NULL. */
struct ring *ring_free(struct ring *ring);

/*
 * Looks at the record at *position (a consumer position: bytes since the ring was made) and moves
 * *position behind it. 1: *ret holds a record. 0: the ring is empty there. -EAGAIN: the record
 * there is still being written. Discarded records are passed over.
 */
int ring_next(const struct ring *ring, uint64_t *position, struct ring_record *ret);

uint64_t ring_consumer_position(const struct ring *ring);
uint64_t ring_producer_position(const struct ring *ring);

/* Records between consumer and producer, those that are still being written among them. */
uint64_t ring_waiting(const struct ring *ring);

/* Gives everything before `position` back to the producers. */
void ring_release(struct ring *ring, uint64_t position);
