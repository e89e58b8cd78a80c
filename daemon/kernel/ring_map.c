/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/ring_map.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>

static int get_info(int map_fd, struct bpf_map_info *info)
{
	uint32_t length = sizeof(*info);

	return bpf_obj_get_info_by_fd(map_fd, info, &length);
}

int ring_map_count(int map_fd)
{
	struct bpf_map_info info = {0};
	int err = get_info(map_fd, &info);

	if (err)
		return err;
	if (info.type == BPF_MAP_TYPE_RINGBUF)
		return 1;
	if (info.type != BPF_MAP_TYPE_ARRAY_OF_MAPS || info.max_entries > INT_MAX)
		return -EINVAL;
	return (int)info.max_entries;
}

int ring_map_open(int map_fd, uint32_t number)
{
	struct bpf_map_info info = {0};
	uint32_t id = 0;
	int fd, err = get_info(map_fd, &info);

	if (err)
		return err;
	if (info.type == BPF_MAP_TYPE_RINGBUF) {
		fd = fcntl(map_fd, F_DUPFD_CLOEXEC, 3);
		return fd < 0 ? -errno : fd;
	}
	/* To user space an array of maps holds ids. */
	err = bpf_map_lookup_elem(map_fd, &number, &id);
	return err ? err : bpf_map_get_fd_by_id(id);
}

uint32_t ring_map_size(int ring_fd)
{
	struct bpf_map_info info = {0};

	return get_info(ring_fd, &info) == 0 ? info.max_entries : 0;
}

/* Readable as long as the two positions differ (kernel/bpf/ringbuf.c, ringbuf_map_poll_kern()). */
bool ring_map_is_empty(int ring_fd)
{
	struct pollfd ring = {.fd = ring_fd, .events = POLLIN};

	return poll(&ring, 1, 0) == 0;
}
