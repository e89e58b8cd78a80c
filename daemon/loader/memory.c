/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/loader/maps.h"
#include "lib/cleanup.h"

uint64_t memory_of_fd(int fd)
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

json_t *memory_of(const struct loading *loading)
{
	uint64_t programs = 0, maps = loading->ring_memory;
	struct bpf_program *program;
	struct bpf_map *map;

	bpf_object__for_each_program (program, loading->object)
		if (bpf_program__autoload(program))
			programs += memory_of_fd(bpf_program__fd(program));
	bpf_object__for_each_map (map, loading->object)
		if (bpf_map__fd(map) >= 0 && !map_is_taken_over(loading, bpf_map__name(map)))
			maps += memory_of_fd(bpf_map__fd(map));
	return json_pack("{s:I, s:I}", "programs", (json_int_t)programs, "maps", (json_int_t)maps);
}
