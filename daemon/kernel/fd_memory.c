/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/fd_memory.h"

#include <bpf/bpf.h>
#include <inttypes.h>
#include <stdio.h>

#include "lib/cleanup.h"

uint64_t fd_memory(int fd)
{
	cleanup_fclose FILE *info = NULL;
	char line[256];
	uint64_t bytes = 0;

	(void)snprintf(line, sizeof(line), "/proc/self/fdinfo/%d", fd);
	info = fopen(line, "re");
	while (info && fgets(line, sizeof(line), info))
		if (sscanf(line, "memlock: %" SCNu64, &bytes) == 1)
			break;
	return bytes;
}

int map_memory_read(uint32_t map_id, uint64_t *ret)
{
	cleanup_close int map = bpf_map_get_fd_by_id(map_id);

	if (map < 0)
		return map;
	*ret = fd_memory(map);
	return 0;
}
