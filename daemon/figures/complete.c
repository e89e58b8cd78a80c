/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/events/counts.h"
#include "daemon/figures/figures.h"
#include "daemon/kernel/fd_memory.h"
#include "daemon/kernel/places.h"
#include "daemon/kernel/skipped.h"
#include "lib/cleanup.h"

#define PROGRAMS_STEP 64

static void complete_hook(const struct unit_pins *pins, struct hook_figures *figures)
{
	const struct manifest_hook *hook = &figures->hook;
	struct bpf_link_info link = {0};

	figures->way = place_way_now(pins, hook);
	figures->has_entry = figures->way == WAY_ENTRY;
	(void)place_link_info(pins, hook->place, &link);
	figures->attached_id = link.prog_id;
	figures->has_skipped = skipped_read(&hook->attach, link.prog_id, &figures->skipped) == 0;
	figures->has_run_time =
		link.prog_id && run_time_read(link.prog_id, &figures->run_time) == 0;
}

static void complete_generation(struct generation_figures *generation)
{
	for (size_t i = 0; generation->counts_fd >= 0 && i < generation->counted_count; i++) {
		struct counted_figures *counted = &generation->counted[i];

		counted->is_known =
			counts_read(generation->counts_fd, counted->number, &counted->counts) == 0;
	}
	close_and_forget(&generation->counts_fd);
}

static void complete_unit(const char *root, struct unit_figures *unit)
{
	const struct unit_pins pins = {.root = root, .unit = unit->name};

	for (size_t i = 0; i < unit->hook_count; i++)
		complete_hook(&pins, &unit->hooks[i]);
	for (size_t i = 0; i < unit->generation_count; i++)
		complete_generation(&unit->generations[i]);
	for (size_t i = 0; i < unit->map_count; i++) {
		struct map_figures *map = &unit->maps[i];

		map->is_known = map_memory_read(map->id, &map->bytes) == 0;
		unit->map_bytes += map->is_known ? map->bytes : 0;
	}
}

/* The kernel's lines are "Pss:   123 kB". */
static void read_memory(struct figures *figures)
{
	cleanup_fclose FILE *rollup = fopen("/proc/self/smaps_rollup", "re");
	char line[256];
	uint64_t kib;

	while (rollup && fgets(line, sizeof(line), rollup)) {
		if (sscanf(line, "Rss: %" SCNu64 " kB", &kib) == 1)
			figures->rss_bytes = kib * 1024;
		if (sscanf(line, "Pss: %" SCNu64 " kB", &kib) != 1)
			continue;
		figures->pss_bytes = kib * 1024;
		figures->has_memory = true;
	}
}

/* ---- programs of the host ---- */

static bool is_of(const struct unit_figures *unit, uint32_t id)
{
	for (size_t i = 0; i < unit->hook_count; i++)
		if (unit->hooks[i].attached_id == id || unit->hooks[i].hook.program_id == id)
			return true;
	return false;
}

static const struct unit_figures *find_owner(const struct figures *figures, uint32_t id)
{
	for (size_t i = 0; i < figures->unit_count; i++)
		if (is_of(&figures->units[i], id))
			return &figures->units[i];
	return NULL;
}

static struct program_figures *add_program(struct figures *figures)
{
	struct program_figures *more;

	if (figures->program_count % PROGRAMS_STEP == 0) {
		more = reallocarray(figures->programs, figures->program_count + PROGRAMS_STEP,
				    sizeof(*more));
		if (!more)
			return NULL;
		figures->programs = more;
	}
	return &figures->programs[figures->program_count++];
}

static int read_programs(struct figures *figures)
{
	struct program_run_time run_time;
	uint32_t id = 0;

	while (run_time_next(&id) == 0) {
		struct program_figures *program;

		if (run_time_read(id, &run_time) < 0)
			continue; /* it went meanwhile */
		program = add_program(figures);
		if (!program)
			return -ENOMEM;
		*program = (struct program_figures){.run_time = run_time,
						    .unit = find_owner(figures, id)};
	}
	return 0;
}

int figures_complete(struct figures *figures)
{
	for (size_t i = 0; i < figures->unit_count; i++)
		complete_unit(figures->root, &figures->units[i]);
	read_memory(figures);
	return figures->wants_programs ? read_programs(figures) : 0;
}
