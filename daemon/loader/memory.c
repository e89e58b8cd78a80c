/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/memory.h"

#include "daemon/kernel/fd_memory.h"
#include "daemon/loader/maps.h"

json_t *memory_of(const struct loading *loading)
{
	uint64_t programs = 0, maps = loading->ring_memory;
	struct bpf_program *program;
	struct bpf_map *map;

	bpf_object__for_each_program (program, loading->object)
		if (bpf_program__autoload(program))
			programs += fd_memory(bpf_program__fd(program));
	bpf_object__for_each_map (map, loading->object)
		if (bpf_map__fd(map) >= 0 && !map_is_taken_over(loading, bpf_map__name(map)))
			maps += fd_memory(bpf_map__fd(map));
	return json_pack("{s:I, s:I}", "programs", (json_int_t)programs, "maps", (json_int_t)maps);
}
