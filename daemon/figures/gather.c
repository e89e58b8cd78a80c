/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/figures/figures.h"
#include "daemon/unit/status.h"
#include "lib/cleanup.h"
#include "lib/clock.h"
#include "lib/str.h"

/* ---- a generation ---- */

static int gather_counted(const struct bank *bank, struct generation_figures *generation)
{
	const struct manifest *manifest = bank->manifest;

	generation->counted = calloc(manifest->hook_count, sizeof(*generation->counted));
	if (!generation->counted)
		return -ENOMEM;
	generation->counted_count = manifest->hook_count;
	for (size_t i = 0; i < manifest->hook_count; i++) {
		struct counted_figures *counted = &generation->counted[i];

		(void)str_format(counted->hook, sizeof(counted->hook), "%s",
				 manifest->hooks[i].name);
		counted->number = manifest->hooks[i].number;
	}
	/* Without a descriptor left, counters are not known, which is said. */
	if (bank->counts_fd >= 0)
		generation->counts_fd = fcntl(bank->counts_fd, F_DUPFD_CLOEXEC, 3);
	return 0;
}

static int gather_rings(const struct bank *bank, struct generation_figures *generation)
{
	generation->rings = calloc(bank->section_count + 1, sizeof(*generation->rings));
	if (!generation->rings)
		return -ENOMEM;
	generation->ring_count = bank->section_count;
	for (size_t i = 0; i < bank->section_count; i++) {
		const struct bank_section *section = &bank->sections[i];
		struct ring_figures *ring = &generation->rings[i];

		(void)str_format(ring->name, sizeof(ring->name), "%s", bank->file->events[i].name);
		ring->rings = section->ring_count;
		ring->is_checked = section->check.kind != CHECK_NONE;
		section_terms_read(section, &ring->terms);
		ring->is_broken = ring->terms.error != 0;
		section_fill_read(section, &ring->fill);
		ring->delivered = section_delivered(section, &ring->terms);
	}
	return 0;
}

static int gather_generation(const struct unit *unit, int number, struct unit_figures *ret)
{
	const struct bank *bank = &unit->banks[number];
	struct generation_figures *generation = &ret->generations[ret->generation_count];
	int err;

	if (!bank->manifest)
		return 0;
	ret->generation_count++;
	*generation = (struct generation_figures){.number = bank->manifest->generation,
						  .bank = number,
						  .in_force = number == unit_active(unit),
						  .counts_fd = -1};
	err = gather_counted(bank, generation);
	return err ? err : gather_rings(bank, generation);
}

/* ---- hooks and maps ---- */

static int gather_hooks(const struct unit *unit, const struct manifest *manifest,
			struct unit_figures *ret)
{
	const struct ebpfd_ledger *ledger = unit->ledger.value;

	ret->hooks = calloc(manifest->hook_count, sizeof(*ret->hooks));
	if (!ret->hooks)
		return -ENOMEM;
	ret->hook_count = manifest->hook_count;
	for (size_t i = 0; i < manifest->hook_count; i++) {
		const struct manifest_hook *hook = &manifest->hooks[i];
		const struct drift_hook *seen = drift_find(unit, hook->place);

		struct hook_figures *figures = &ret->hooks[i];

		figures->hook = *hook;
		figures->condition = seen ? seen->state.condition : HOOK_STATE_ATTACHED;
		figures->is_attached = figures->condition == HOOK_STATE_ATTACHED;
		figures->missed = ledger ? ledger->missed[hook->number] : 0;
	}
	return 0;
}

static bool has_map(const struct unit_figures *unit, uint32_t id)
{
	for (size_t i = 0; i < unit->map_count; i++)
		if (unit->maps[i].id == id)
			return true;
	return false;
}

static int gather_maps(const struct manifest *manifest, struct unit_figures *ret)
{
	struct map_figures *more;

	if (!manifest || manifest->map_count == 0)
		return 0;
	more = reallocarray(ret->maps, ret->map_count + manifest->map_count, sizeof(*more));
	if (!more)
		return -ENOMEM;
	ret->maps = more;
	for (size_t i = 0; i < manifest->map_count; i++) {
		const struct manifest_map *map = &manifest->maps[i];
		struct map_figures *figures = &ret->maps[ret->map_count];

		if (has_map(ret, map->id))
			continue;
		*figures = (struct map_figures){
			.id = map->id, .generation = manifest->generation, .kept = map->kept};
		(void)str_format(figures->name, sizeof(figures->name), "%s", map->name);
		(void)str_format(figures->shared, sizeof(figures->shared), "%s", map->shared);
		ret->map_count++;
	}
	return 0;
}

/* Opened here, so that no reload takes a map away that is to be read. */
static int gather_metrics(const struct unit *unit, const struct bank *bank,
			  struct unit_figures *ret)
{
	struct map_wanted wanted = {.root = unit->units->context->root,
				    .generation = bank->manifest,
				    .file = bank->file,
				    .wide_as_text = true};
	struct failure failure;

	ret->metrics = calloc(bank->file->metric_count + 1, sizeof(*ret->metrics));
	if (!ret->metrics)
		return -ENOMEM;
	for (size_t i = 0; i < bank->file->metric_count; i++) {
		struct metric_figures *metric = &ret->metrics[i];

		metric->metric = unit_metric_copy(&bank->file->metrics[i]);
		if (!metric->metric)
			return -ENOMEM;
		ret->metric_count++;
		wanted.metric = metric->metric;
		wanted.map = metric->metric->map;
		/* One that is gone is told so. */
		(void)open_map_new(&wanted, &metric->map, &failure);
	}
	return 0;
}

/* ---- a unit ---- */

static int gather_in_force(const struct unit *unit, int active, bool wants_metrics,
			   struct unit_figures *ret)
{
	const struct manifest *manifest = unit->banks[active].manifest;
	int err = gather_hooks(unit, manifest, ret);

	ret->generation = manifest->generation;
	ret->since_usec = manifest->time_usec;
	if (!err)
		err = gather_generation(unit, active, ret);
	if (!err)
		err = gather_generation(unit, !active, ret);
	if (!err)
		err = gather_maps(manifest, ret);
	if (!err)
		err = gather_maps(unit->banks[!active].manifest, ret);
	if (!err && wants_metrics)
		err = gather_metrics(unit, &unit->banks[active], ret);
	return err;
}

static int gather_unit(const struct unit *unit, bool wants_metrics, struct unit_figures *ret)
{
	int active = unit_active(unit);

	*ret = (struct unit_figures){.state = status_state(unit),
				     .subscribers = unit->audience.count,
				     .lines = audience_totals(&unit->audience),
				     .tally = unit->tally};
	(void)str_format(ret->name, sizeof(ret->name), "%s", unit->name);
	if (active == BANK_NONE || !unit->banks[active].manifest)
		return 0;
	return gather_in_force(unit, active, wants_metrics, ret);
}

static size_t count_failed(const struct failed_units *failed)
{
	size_t count = 0;

	for (const struct failed_unit *one = failed->first; one; one = one->next)
		count++;
	return count;
}

static void free_figures(struct figures **figures)
{
	figures_free(*figures);
}

struct figures *figures_gather(const struct units *units, struct figures_wanted wanted)
{
	CLEANUP(free_figures) struct figures *figures = calloc(1, sizeof(*figures));

	if (!figures)
		return NULL;
	*figures = (struct figures){.root = strdup(units->context->root),
				    .time_usec = clock_now_usec(CLOCK_REALTIME),
				    .monotonic_usec = clock_now_usec(CLOCK_MONOTONIC),
				    .failed_loads = units->failed_loads,
				    .failed_units = count_failed(&units->failed),
				    .degraded = units_are_degraded(units),
				    .wants_programs = wanted.programs};
	figures->units = calloc(units_count(units) + 1, sizeof(*figures->units));
	if (!figures->root || !figures->units)
		return NULL;
	for (const struct unit *unit = units->first; unit; unit = unit->next)
		if (!unit->gone &&
		    gather_unit(unit, wanted.metrics, &figures->units[figures->unit_count++]) < 0)
			return NULL;
	return TAKE_PTR(figures);
}
