/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/ring.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

int ring_over(void *consumer, const void *producer, size_t size, struct ring **ret)
{
	struct ring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return -ENOMEM;
	*ring = (struct ring){
		.page = page_size(),
		.size = size,
		.consumer = consumer,
		.producer = producer,
		.data = (const char *)producer + page_size(),
	};
	*ret = ring;
	return 0;
}

static int map_ring(int map_fd, size_t size, struct ring **ret)
{
	size_t page = page_size(), behind = page + 2 * size;
	void *writable, *readable;
	int err;

	writable = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	if (writable == MAP_FAILED)
		return -errno;
	readable = mmap(NULL, behind, PROT_READ, MAP_SHARED, map_fd, (off_t)page);
	err = readable == MAP_FAILED ? -errno : ring_over(writable, readable, size, ret);
	if (err) {
		munmap(writable, page);
		if (readable != MAP_FAILED)
			munmap(readable, behind);
	}
	return err;
}

int ring_new(int map_fd, struct ring **ret)
{
	struct bpf_map_info info = {};
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(map_fd, &info, &length) < 0)
		return -errno;
	if (info.type != BPF_MAP_TYPE_RINGBUF)
		return -EINVAL;
	return map_ring(map_fd, info.max_entries, ret);
}

struct ring *ring_free(struct ring *ring)
{
	if (!ring)
		return NULL;
	munmap(ring->consumer, ring->page);
	munmap((void *)ring->producer, ring->page + 2 * ring->size);
	free(ring);
	return NULL;
}

uint64_t ring_consumer_position(const struct ring *ring)
{
	return __atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE);
}

uint64_t ring_producer_position(const struct ring *ring)
{
	return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
}

void ring_release(struct ring *ring, uint64_t position)
{
	__atomic_store_n(ring->consumer, position, __ATOMIC_RELEASE);
}

int ring_next(const struct ring *ring, uint64_t *position, struct ring_record *ret)
{
	uint64_t end = ring_producer_position(ring);

	return ring_check(ring, *position, end) ?: ring_next_before(ring, position, end, ret);
}

uint64_t ring_waiting(const struct ring *ring)
{
	uint64_t position = ring_consumer_position(ring);
	uint64_t end = ring_producer_position(ring);
	uint64_t count = 0;

	if (ring_check(ring, position, end) < 0)
		return 0;
	while (position < end) {
		uint32_t header = ring_header(ring, position);

		position = ring_position_behind(position, header);
		if (position <= end && !(header & BPF_RINGBUF_DISCARD_BIT))
			count++;
	}
	return count;
}

/*
 * Whether what was read at `position` before this call was whole. The kernel writes the head of a
 * new record before it moves the producer position, all else behind that
 * (kernel/bpf/ringbuf.c, __bpf_ringbuf_reserve()). Processors that show stores in another order may
 * show some of the rest before the position, but of one record only: the next one is reserved under
 * the ring's lock, which comes free after the position has moved. No fence of a reader's helps.
 */
static bool was_intact(const struct ring *ring, uint64_t position)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return ring_producer_position(ring) + BPF_RINGBUF_HDR_SZ <= position + ring->size;
}

static int make_room(char **buffer, size_t *room, size_t size)
{
	char *larger;

	if (*room >= size)
		return 0;
	larger = realloc(*buffer, size);
	if (!larger)
		return -ENOMEM;
	*buffer = larger;
	*room = size;
	return 0;
}

int ring_copy_past(const struct ring *ring, uint64_t *position, char **buffer, size_t *room,
		   struct ring_record *ret)
{
	uint64_t end = ring_consumer_position(ring);

	while (*position < end) {
		uint64_t start = *position;
		uint32_t header = ring_header(ring, start);
		uint32_t length = ring_header_length(header);
		uint64_t behind = ring_position_behind(start, header);
		int err;

		if (!was_intact(ring, start))
			return -ESTALE;
		if (behind > end || ring_check(ring, start, end) < 0)
			return -EBADMSG;
		*position = behind;
		if (header & BPF_RINGBUF_DISCARD_BIT)
			continue;
		err = make_room(buffer, room, length + 1UL);
		if (err)
			return err;
		memcpy(*buffer, ring->data + (start & (ring->size - 1)) + BPF_RINGBUF_HDR_SZ,
		       length);
		if (!was_intact(ring, start))
			return -ESTALE;
		*ret = (struct ring_record){.data = *buffer, .length = length};
		return 1;
	}
	return 0;
}
