/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/ring.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/cleanup.h"

static int ring_map(struct ring *ring, int map_fd)
{
	char *writable, *readable;

	writable = mmap(NULL, ring->page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	if (writable == MAP_FAILED)
		return -errno;
	ring->consumer = (unsigned long *)writable;

	readable =
		mmap(NULL, ring->page + 2 * ring->size, PROT_READ, MAP_SHARED, map_fd, ring->page);
	if (readable == MAP_FAILED)
		return -errno;
	ring->producer = (const unsigned long *)readable;
	ring->data = readable + ring->page;
	return 0;
}

static void ring_free_pointer(struct ring **ring)
{
	ring_free(*ring);
}

int ring_new(int map_fd, struct ring **ret)
{
	struct bpf_map_info info = {};
	__u32 length = sizeof(info);
	CLEANUP(ring_free_pointer) struct ring *ring = NULL;
	int err;

	if (bpf_obj_get_info_by_fd(map_fd, &info, &length) < 0)
		return -errno;
	if (info.type != BPF_MAP_TYPE_RINGBUF)
		return -EINVAL;

	ring = calloc(1, sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	ring->page = sysconf(_SC_PAGESIZE);
	ring->size = info.max_entries;
	err = ring_map(ring, map_fd);
	if (err)
		return err;
	*ret = TAKE_PTR(ring);
	return 0;
}

struct ring *ring_free(struct ring *ring)
{
	if (!ring)
		return NULL;
	if (ring->consumer)
		munmap(ring->consumer, ring->page);
	if (ring->producer)
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
	return ring_next_before(ring, position, ring_producer_position(ring), ret);
}

uint64_t ring_waiting(const struct ring *ring)
{
	uint64_t end = ring_producer_position(ring);
	uint64_t count = 0;

	for (uint64_t position = ring_consumer_position(ring); position < end;) {
		uint32_t header = ring_header(ring, position);

		if (!(header & BPF_RINGBUF_DISCARD_BIT))
			count++;
		position = ring_position_behind(position, header);
	}
	return count;
}

/*
 * Whether what was read at `position` before this call was whole. The kernel writes the head of a
 * new record before it moves the producer position, all else behind that
 * (kernel/bpf/ringbuf.c, __bpf_ringbuf_reserve()).
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
		int err;

		if (!was_intact(ring, start))
			return -ESTALE;
		*position = ring_position_behind(start, header);
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
