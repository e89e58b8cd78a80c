/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/metrics/render.h"

#include <stdio.h>
#include <string.h>

#include "daemon/metrics/rows.h"
#include "daemon/metrics/user.h"
#include "lib/cleanup.h"
#include "lib/macro.h"
#include "lib/version.h"

#define ONE ((struct metric_value){.number = 1})

/* ---- what is said of things, by labels ---- */

static void put_build(struct metrics_text *text)
{
	static const struct metric_family family = {"build_info", METRIC_GAUGE, NULL,
						    "1; the version is in the label."};
	struct metric_labels labels = {0};

	metric_labels_add(&labels, "version", EBPFD_VERSION);
	metrics_text_family(text, &family);
	metrics_text_sample(text, &family, &labels, ONE);
}

static void put_states(struct metrics_text *text, const struct figures *figures)
{
	static const struct metric_family family = {
		"unit_state", METRIC_GAUGE, NULL,
		"1 for the state that the unit is in, 0 for the others."};
	static const char *const states[] = {"active", "reloading", "loading", "degraded"};

	metrics_text_family(text, &family);
	for (size_t i = 0; i < figures->unit_count; i++)
		for (size_t j = 0; j < ARRAY_SIZE(states); j++) {
			const struct unit_figures *unit = &figures->units[i];
			const struct metric_value value = {
				.number = strcmp(unit->state, states[j]) == 0};
			struct metric_labels labels = {0};

			metric_labels_add(&labels, "unit", unit->name);
			metric_labels_add(&labels, "state", states[j]);
			metrics_text_sample(text, &family, &labels, value);
		}
}

static void put_hook_info(struct metrics_text *text, const struct metric_family *family,
			  const char *unit, const struct hook_figures *figures)
{
	const struct manifest_hook *hook = &figures->hook;
	char attach[ATTACH_TARGET_MAX + ATTACH_DETAIL_MAX];
	struct metric_labels labels = {0};

	if (attach_format(&hook->attach, attach, sizeof(attach)) < 0)
		attach[0] = '\0';
	metric_labels_add(&labels, "unit", unit);
	metric_labels_add(&labels, "hook", hook->name);
	metric_labels_add(&labels, "attach", attach);
	metric_labels_add(&labels, "way", way_name(figures->way));
	metric_labels_add(&labels, "program", hook->program);
	metric_labels_add(&labels, "state", hook_condition_name(figures->condition));
	metrics_text_sample(text, family, &labels, ONE);
}

static void put_hook_infos(struct metrics_text *text, const struct figures *figures)
{
	static const struct metric_family family = {
		"hook_info", METRIC_GAUGE, NULL,
		"1; what is attached where, how it is swapped, and its state are in the labels."};

	metrics_text_family(text, &family);
	for (size_t i = 0; i < figures->unit_count; i++)
		for (size_t j = 0; j < figures->units[i].hook_count; j++)
			put_hook_info(text, &family, figures->units[i].name,
				      &figures->units[i].hooks[j]);
}

/* ---- verdicts ---- */

static void put_verdicts_of(struct metrics_text *text, const struct metric_family *family,
			    const char *unit, const char *generation,
			    const struct counted_figures *counted)
{
	for (size_t i = 0; i < EBPFD_VERDICTS; i++) {
		const struct metric_value value = {.number = counted->counts.verdict[i]};
		struct metric_labels labels = {0};
		char verdict[16] = "other";

		if (i + 1 < EBPFD_VERDICTS)
			(void)snprintf(verdict, sizeof(verdict), "%zu", i);
		metric_labels_add(&labels, "unit", unit);
		metric_labels_add(&labels, "hook", counted->hook);
		metric_labels_add(&labels, "generation", generation);
		metric_labels_add(&labels, "verdict", verdict);
		metrics_text_sample(text, family, &labels, value);
	}
}

static void put_verdicts(struct metrics_text *text, const struct figures *figures)
{
	static const struct metric_family family = {
		"program_verdicts", METRIC_COUNTER, NULL,
		"Runs of the generation's program by the value it returned."};

	metrics_text_family(text, &family);
	for (size_t i = 0; i < figures->unit_count; i++) {
		const struct unit_figures *unit = &figures->units[i];

		for (size_t j = 0; j < unit->generation_count; j++) {
			const struct generation_figures *generation = &unit->generations[j];
			char number[16];

			(void)snprintf(number, sizeof(number), "%u", generation->number);
			for (size_t k = 0; k < generation->counted_count; k++)
				if (generation->counted[k].is_known)
					put_verdicts_of(text, &family, unit->name, number,
							&generation->counted[k]);
		}
	}
}

/* ---- maps ---- */

static void put_map(struct metrics_text *text, const struct metric_family *family,
		    const struct unit_figures *unit, const struct map_figures *map)
{
	const struct metric_value value = {.number = map->bytes};
	struct metric_labels labels = {0};
	char generation[16];

	(void)snprintf(generation, sizeof(generation), "%u", map->generation);
	metric_labels_add(&labels, "unit", unit->name);
	metric_labels_add(&labels, "map", map->name);
	/* A former one of that name may be kept for a rollback, see OnChange=. */
	if (!map->kept || map->generation != unit->generation)
		metric_labels_add(&labels, "generation", generation);
	metrics_text_sample(text, family, &labels, value);
}

static void put_maps(struct metrics_text *text, const struct figures *figures)
{
	static const struct metric_family family = {
		"map_memory_bytes", METRIC_GAUGE, "bytes",
		"Memory of the map as the kernel accounts it; a kept one is of no generation."};

	metrics_text_family(text, &family);
	for (size_t i = 0; i < figures->unit_count; i++) {
		const struct unit_figures *unit = &figures->units[i];

		for (size_t j = 0; j < unit->map_count; j++)
			if (unit->maps[j].is_known)
				put_map(text, &family, unit, &unit->maps[j]);
	}
}

/* ---- operations ---- */

static void put_operations(struct metrics_text *text, const struct figures *figures)
{
	static const struct metric_family family = {"unit_operations", METRIC_COUNTER, NULL,
						    "Operations by how they ended."};

	metrics_text_family(text, &family);
	for (size_t i = 0; i < figures->unit_count; i++) {
		const struct tally *tally = &figures->units[i].tally;

		for (size_t j = 0; j < tally->result_count; j++) {
			const struct tally_result *result = &tally->results[j];
			const struct metric_value value = {.number = result->count};
			struct metric_labels labels = {0};

			metric_labels_add(&labels, "unit", figures->units[i].name);
			metric_labels_add(&labels, "operation", result->operation);
			metric_labels_add(&labels, "result", outcome_name(result->outcome));
			metrics_text_sample(text, &family, &labels, value);
		}
	}
}

static void put_phase(struct metrics_text *text, const struct metric_family *family,
		      const char *unit, const struct tally_phase *phase)
{
	const struct metric_value sum = {.number = phase->sum_usec, .decimals = 6};
	struct metric_value bounds[TALLY_BUCKETS - 1];
	const struct metric_histogram histogram = {.bounds = bounds,
						   .buckets = phase->buckets,
						   .bucket_count = TALLY_BUCKETS,
						   .sum = &sum};
	struct metric_labels labels = {0};

	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++)
		bounds[i] = (struct metric_value){.number = tally_bounds_usec[i], .decimals = 6};
	metric_labels_add(&labels, "unit", unit);
	metric_labels_add(&labels, "phase", phase->name);
	metrics_text_histogram(text, family, &labels, &histogram);
}

static void put_phases(struct metrics_text *text, const struct figures *figures)
{
	static const struct metric_family family = {"unit_phase_seconds", METRIC_HISTOGRAM,
						    "seconds",
						    "How long phases of operations took."};

	metrics_text_family(text, &family);
	for (size_t i = 0; i < figures->unit_count; i++)
		for (size_t j = 0; j < figures->units[i].tally.phase_count; j++)
			put_phase(text, &family, figures->units[i].name,
				  &figures->units[i].tally.phases[j]);
}

char *metrics_render(const struct figures *figures, enum metrics_format format, size_t *ret_length)
{
	CLEANUP(metrics_text_deinit) struct metrics_text text = {.format = format};

	put_build(&text);
	metrics_put_daemon(&text, figures);
	put_states(&text, figures);
	metrics_put_units(&text, figures);
	put_operations(&text, figures);
	put_phases(&text, figures);
	put_hook_infos(&text, figures);
	metrics_put_hooks(&text, figures);
	metrics_put_programs(&text, figures);
	put_verdicts(&text, figures);
	metrics_put_rings(&text, figures);
	put_maps(&text, figures);
	metrics_put_user(&text, figures);
	metrics_text_end(&text);
	if (text.failed)
		return NULL;
	*ret_length = text.length;
	return TAKE_PTR(text.data);
}
