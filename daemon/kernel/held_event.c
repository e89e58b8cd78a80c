/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/held_event.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include "lib/cleanup.h"

#define MAP_NAME "ebpfd_event"

int held_event_make(int event, int program_fd)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_PRESERVE_ELEMS);
	cleanup_close int map = bpf_map_create(BPF_MAP_TYPE_PERF_EVENT_ARRAY, MAP_NAME,
					       sizeof(uint32_t), sizeof(int), 1, &options);
	const uint32_t zero = 0;
	int err;

	if (map < 0)
		return map;
	err = bpf_map_update_elem(map, &zero, &event, BPF_ANY);
	if (err)
		return err;
	/* Last: from here on the program runs. */
	if (ioctl(event, PERF_EVENT_IOC_SET_BPF, program_fd) < 0)
		return -errno;
	return TAKE_FD(map);
}

int held_event_release(int map_fd)
{
	const uint32_t zero = 0;

	return bpf_map_delete_elem(map_fd, &zero);
}

bool held_event_is_map(const struct bpf_map_info *info)
{
	return info->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY && strcmp(info->name, MAP_NAME) == 0;
}
