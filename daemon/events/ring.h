/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A BPF ring buffer, read in place. The consumer position lives in the map, so whoever opens the
 * ring next goes on where the last reader stopped; there must be one reader at a time.
 *
 * Why not libbpf's ring_buffer: it moves the consumer position behind each record, before ours
 * could put the counts of a batch into the ledger, and the position must be the last thing that
 * moves.
 *
 * What is believed of the ring's memory: that it is mapped as struct ring says, and no more. The
 * kernel alone writes the producer page and the data; the consumer page can be written by whoever
 * opens the pinned map. Positions that contradict each other, and a record that would end behind
 * the producer position, are -EBADMSG: nothing outside of the ring is read, and no loop is longer
 * than the ring. What lies between two good positions is taken as it is.
 */
#pragma once

#include <linux/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Pages of a mapped ring (kernel/bpf/ringbuf.c, struct bpf_ringbuf): the consumer position,
 * writable; the producer position; the data; the same data again, so that no record is ever split.
 * Open for the sake of the functions that are inlined below.
 */
struct ring {
	size_t page;
	size_t size; /* of the data, a power of two */
	unsigned long *consumer;
	const unsigned long *producer;
	const char *data;
};

struct ring_record {
	const void *data; /* valid until ring_release() passes it */
	uint32_t length;
};

/* Maps the ring. Borrows the descriptor for the call only. -EINVAL if the map is no ring buffer. */
int ring_new(int map_fd, struct ring **ret);
/*
 * The same over memory that is laid out so: a page for the consumer, and one for the producer with
 * `size` bytes twice behind it. Takes both mappings over, on success alone. -ENOMEM.
 */
int ring_over(void *consumer, const void *producer, size_t size, struct ring **ret);
/* Accepts NULL; returns NULL. */
struct ring *ring_free(struct ring *ring);

/*
 * Looks at the record at *position (a consumer position: bytes since the ring was made) and moves
 * *position behind it. 1: *ret holds a record. 0: the ring is empty there. -EAGAIN: the record
 * there is still being written. -EBADMSG: there is no record, see above. Discarded records are
 * passed over.
 */
int ring_next(const struct ring *ring, uint64_t *position, struct ring_record *ret);

/*
 * The head of the record at `position`. Its flags change until it is committed, its length does
 * not.
 */
static inline uint32_t ring_header(const struct ring *ring, uint64_t position)
{
	const char *header = ring->data + (position & (ring->size - 1));

	return __atomic_load_n((const uint32_t *)header, __ATOMIC_ACQUIRE);
}

static inline uint32_t ring_header_length(uint32_t header)
{
	return header & ~(uint32_t)(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
}

static inline uint64_t ring_position_behind(uint64_t position, uint32_t header)
{
	return position + ((BPF_RINGBUF_HDR_SZ + (uint64_t)ring_header_length(header) + 7) & ~7ULL);
}

/*
 * Whether records can lie from `position` to the producer position `end`: 0 or -EBADMSG. No ring
 * comes to 2^63 bytes in its life, so that the end of a record behind good positions does not wrap.
 */
static inline int ring_check(const struct ring *ring, uint64_t position, uint64_t end)
{
	if (end - position > ring->size || end > INT64_MAX || position % 8 != 0)
		return -EBADMSG;
	return 0;
}

/*
 * ring_next() as if nothing were produced from `end` on: a producer position that the caller has
 * read, or one before it where a record begins. ring_check() has found nothing wrong with them. For
 * loops: the producers' cache line is left to them, and this is inlined.
 */
static inline int ring_next_before(const struct ring *ring, uint64_t *position, uint64_t end,
				   struct ring_record *ret)
{
	while (*position < end) {
		uint64_t start = *position;
		uint32_t header = ring_header(ring, start);
		uint64_t behind = ring_position_behind(start, header);

		if (header & BPF_RINGBUF_BUSY_BIT)
			return -EAGAIN;
		if (__builtin_expect(behind > end, false))
			return -EBADMSG;
		*position = behind;
		if (header & BPF_RINGBUF_DISCARD_BIT)
			continue;
		ret->data = ring->data + (start & (ring->size - 1)) + BPF_RINGBUF_HDR_SZ;
		ret->length = ring_header_length(header);
		return 1;
	}
	return 0;
}

/*
 * Has the line at `position` fetched, if that is before `end`: lines behind it are the producers'.
 * For loops that touch no more than a line of each record.
 */
static inline void ring_prefetch(const struct ring *ring, uint64_t position, uint64_t end)
{
	if (position < end)
		__builtin_prefetch(ring->data + (position & (ring->size - 1)));
}

uint64_t ring_consumer_position(const struct ring *ring);
uint64_t ring_producer_position(const struct ring *ring);

/*
 * Records between consumer and producer, those that are still being written among them; up to the
 * first that is none.
 */
uint64_t ring_waiting(const struct ring *ring);

/*
 * Copies the record at *position, which is one that the consumer has passed already, and moves
 * *position behind it. *buffer, of *room bytes, grows as it must and is the caller's to free;
 * ret->data points into it. 1, or 0 at the consumer position, or -ESTALE: a newer record has taken
 * the place. -EBADMSG as ring_next(). -ENOMEM. Where a processor shows stores in another order than
 * they were made in (not on x86 or s390), the copy may have pieces of a record that is being
 * written if it lies less than that record's length from being overtaken: for people to look at,
 * not to count.
 */
int ring_copy_past(const struct ring *ring, uint64_t *position, char **buffer, size_t *room,
		   struct ring_record *ret);

/* Gives everything before `position` back to the producers. */
void ring_release(struct ring *ring, uint64_t position);
