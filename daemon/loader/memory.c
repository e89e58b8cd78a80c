/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/memory.h"

#include <errno.h>
#include <inttypes.h>

#include "daemon/kernel/fd_memory.h"
#include "daemon/loader/maps.h"
#include "lib/str.h"

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

#define KIB UINT64_C(1024)

static uint64_t to_kib(uint64_t bytes)
{
	return (bytes + KIB - 1) / KIB;
}

int memory_check(const struct loading *loading, struct failure *reterr_failure)
{
	const uint64_t bound = loading->file->map_memory_max;
	uint64_t all = loading->ring_memory;
	char each[1024] = "", one[OBJECT_NAME_MAX + 32];
	struct bpf_map *map;

	if (!bound)
		return 0;
	if (all && str_format(one, sizeof(one), "rings %" PRIu64 " KiB", to_kib(all)) == 0)
		(void)str_list_add(each, sizeof(each), one);
	bpf_object__for_each_map (map, loading->object) {
		uint64_t bytes = bpf_map__fd(map) < 0 ? 0 : fd_memory(bpf_map__fd(map));

		all += bytes;
		if (str_format(one, sizeof(one), "%s %" PRIu64 " KiB", bpf_map__name(map),
			       to_kib(bytes)) == 0)
			(void)str_list_add(each, sizeof(each), one);
	}
	if (all <= bound)
		return 0;
	return failure_set(reterr_failure, OUTCOME_REFUSED, -EDQUOT,
			   "the maps take %" PRIu64 " KiB, more than MapMemoryMax= allows, %" PRIu64
			   " KiB: %s",
			   to_kib(all), to_kib(bound), each);
}
