/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/rings.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>

#include "daemon/events/check.h"
#include "daemon/events/decode.h"
#include "daemon/kernel/fd_memory.h"
#include "daemon/kernel/generation.h"
#include "daemon/kernel/ring_map.h"
#include "daemon/loader/maps.h"
#include "lib/cleanup.h"
#include "lib/str.h"

static bool is_ring(const struct bpf_map *map)
{
	return bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF;
}

/* libbpf gives the inner map up when the outer one is made: only to be asked before load. */
static struct bpf_map *ring_within(struct bpf_map *map)
{
	struct bpf_map *inner = NULL;

	if (bpf_map__type(map) == BPF_MAP_TYPE_ARRAY_OF_MAPS)
		inner = bpf_map__inner_map(map);
	return inner && is_ring(inner) ? inner : NULL;
}

static bool can_be_section(struct bpf_map *map)
{
	return is_ring(map) || ring_within(map);
}

static int fail_section(const struct loading *loading, const struct unit_events *events,
			const char *text, struct failure *reterr_failure)
{
	return failure_set(reterr_failure, OUTCOME_REFUSED, -EINVAL, "%s:%u: %s",
			   loading->file->path, events->line, text);
}

static int check_rings(struct loading *loading, const struct unit_events *events,
		       struct bpf_map *map, struct failure *reterr_failure)
{
	struct bpf_map *inner = ring_within(map);
	int cpus;

	if (events->rings == RINGS_ONE && inner)
		return fail_section(loading, events, "the map is an array of rings; set Rings=cpu",
				    reterr_failure);
	if (events->rings == RINGS_ONE)
		return events->size ? bpf_map__set_max_entries(map, events->size) : 0;
	if (!inner)
		return fail_section(loading, events,
				    "Rings=cpu is impossible: the map is one ring for all CPUs; "
				    "declare an array of rings in the object (see ebpfd.bpf.h)",
				    reterr_failure);
	loading->ring_size[events - loading->file->events] =
		events->size ? events->size : bpf_map__max_entries(inner);
	cpus = libbpf_num_possible_cpus();
	return cpus < 0 ? cpus : bpf_map__set_max_entries(map, (uint32_t)cpus);
}

/*
 * Record=, Format= and Check= against the object's types, by the very plan that the daemon will
 * make: what does not fit is found here, before anything is loaded or attached, and by a plan as
 * well.
 */
static int check_records(const struct loading *loading, const struct unit_events *events,
			 struct failure *reterr_failure)
{
	const struct decoder_settings settings = {.unit = loading->request->unit,
						  .generation = loading->request->generation,
						  .events = events,
						  .btf = bpf_object__btf(loading->object)};
	struct decoder *decoder = NULL;
	struct check check;
	char place[PATH_MAX + 16];
	int err = decoder_new(&settings, &decoder, reterr_failure);

	decoder_free(decoder);
	if (!err)
		err = check_new(&settings, &check, reterr_failure);
	if (!err)
		return 0;
	(void)str_format(place, sizeof(place), "%s:%u", loading->file->path, events->line);
	failure_prefix(reterr_failure, place);
	reterr_failure->outcome = OUTCOME_REFUSED;
	return err;
}

static int refuse_name(const struct loading *loading, const struct unit_events *events,
		       struct failure *reterr_failure)
{
	char there[512];

	maps_list(loading->object, can_be_section, there, sizeof(there));
	return failure_set(reterr_failure, OUTCOME_REFUSED, -ENOENT,
			   "%s:%u: no ring buffer \"%s\" in the object; it has: %s",
			   loading->file->path, events->line, events->name, there);
}

int rings_check(struct loading *loading, struct failure *reterr_failure)
{
	for (size_t i = 0; i < loading->file->event_count; i++) {
		const struct unit_events *events = &loading->file->events[i];
		struct bpf_map *map = bpf_object__find_map_by_name(loading->object, events->name);
		int err;

		if (!map || !can_be_section(map))
			return refuse_name(loading, events, reterr_failure);
		err = check_rings(loading, events, map, reterr_failure);
		if (!err)
			err = check_records(loading, events, reterr_failure);
		if (err)
			return err;
	}
	return 0;
}

/* ---- the bank's rings ---- */

/*
 * Whether all of them are of this size and have nothing in them. Who asked for them knows that of
 * the rings it reads; a former generation without [Events] section of that name had one unread.
 */
static bool are_empty_of_size(int fd, uint32_t size)
{
	int count = ring_map_count(fd);

	for (int i = 0; i < count; i++) {
		cleanup_close int ring = ring_map_open(fd, (uint32_t)i);

		if (ring < 0 || ring_map_size(ring) != size || !ring_map_is_empty(ring))
			return false;
	}
	return count > 0;
}

/*
 * The ring that was in the bank, or -1 if it is another one than is asked for. A kept one may be
 * the active bank's as well.
 */
static int open_in_bank(const struct loading *loading, size_t index, const struct bpf_map *map)
{
	const char *name = loading->file->events[index].name;
	const struct manifest_map *there = manifest_find_map(loading->other, name);
	cleanup_close int fd = -1;
	bool cpu = loading->file->events[index].rings == RINGS_CPU;

	if (!there || there->kept || there->type != bpf_map__type(map) ||
	    there->flags != bpf_map__map_flags(map) ||
	    there->max_entries != bpf_map__max_entries(map))
		return -1;
	fd = generation_open_map(loading->request->root, loading->other, name);
	if (fd < 0 ||
	    !are_empty_of_size(fd, cpu ? loading->ring_size[index] : bpf_map__max_entries(map)))
		return -1;
	return TAKE_FD(fd);
}

static int take_over(struct loading *loading, size_t index)
{
	const char *name = loading->file->events[index].name;
	struct bpf_map *map = bpf_object__find_map_by_name(loading->object, name);
	cleanup_close int fd = open_in_bank(loading, index, map);
	int err = fd < 0 ? 0 : bpf_map__reuse_fd(map, fd);

	return fd < 0 || err ? err : maps_note_taken_over(loading, name);
}

int rings_take_over(struct loading *loading, struct failure *reterr_failure)
{
	for (size_t i = 0;
	     loading->request->take_rings && loading->other && i < loading->file->event_count;
	     i++) {
		int err = take_over(loading, i);

		if (err)
			return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
						 "cannot take over ring \"%s\" of generation %u",
						 loading->file->events[i].name,
						 loading->other->generation);
	}
	return 0;
}

static int put_ring(struct loading *loading, int array, uint32_t cpu, uint32_t size)
{
	cleanup_close int ring =
		bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ebpfd_ring", 0, 0, size, NULL);

	if (ring < 0)
		return ring;
	loading->ring_memory += fd_memory(ring);
	return bpf_map_update_elem(array, &cpu, &ring, BPF_ANY);
}

int rings_fill(struct loading *loading, struct failure *reterr_failure)
{
	for (size_t i = 0; i < loading->file->event_count; i++) {
		const struct unit_events *events = &loading->file->events[i];
		struct bpf_map *map = bpf_object__find_map_by_name(loading->object, events->name);

		if (events->rings != RINGS_CPU || map_is_taken_over(loading, events->name))
			continue;
		for (uint32_t cpu = 0; cpu < bpf_map__max_entries(map); cpu++) {
			int err = put_ring(loading, bpf_map__fd(map), cpu, loading->ring_size[i]);

			if (err)
				return failure_set_errno(
					reterr_failure, OUTCOME_REFUSED, err,
					"cannot make the ring of CPU %u for \"%s\"", cpu,
					events->name);
		}
	}
	return 0;
}
