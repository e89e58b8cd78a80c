/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/figures/figures_json.h"

#include <jansson.h>
#include <string.h>

#include "config/attach.h"

static json_t *number_or_null(bool is_known, uint64_t number)
{
	return is_known ? json_integer((json_int_t)number) : json_null();
}

static json_t *run_time_of(bool is_known, const struct program_run_time *run_time)
{
	if (!is_known)
		return json_null();
	return json_pack("{s:I, s:I}", "runs", (json_int_t)run_time->runs, "run_ns",
			 (json_int_t)run_time->run_ns);
}

static json_t *hook_of(const struct hook_figures *figures)
{
	const struct manifest_hook *hook = &figures->hook;
	char attach[ATTACH_TARGET_MAX + ATTACH_DETAIL_MAX];

	if (attach_format(&hook->attach, attach, sizeof(attach)) < 0)
		attach[0] = '\0';
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:o, s:o}", "name", hook->name,
			 "attach", attach, "way", way_name(figures->way), "program", hook->program,
			 "state", hook_condition_name(figures->condition), "program_id",
			 (json_int_t)hook->program_id, "attached_id",
			 (json_int_t)figures->attached_id, "kernel",
			 run_time_of(figures->has_run_time, &figures->run_time), "missed",
			 number_or_null(figures->has_entry, figures->missed), "skipped",
			 number_or_null(figures->has_skipped, figures->skipped));
}

static json_t *hooks_of(const struct unit_figures *unit)
{
	json_t *hooks = json_array();

	for (size_t i = 0; i < unit->hook_count; i++)
		json_array_append_new(hooks, hook_of(&unit->hooks[i]));
	return hooks;
}

static json_t *counted_of(const struct counted_figures *counted)
{
	const struct ebpfd_counts *counts = &counted->counts;
	json_t *json = json_pack("{s:s}", "hook", counted->hook);
	json_t *verdicts;

	if (!counted->is_known)
		return json;
	verdicts = json_array();
	for (size_t i = 0; i < EBPFD_VERDICTS; i++)
		json_array_append_new(verdicts, json_integer((json_int_t)counts->verdict[i]));
	json_object_update_new(json, json_pack("{s:I, s:I, s:I, s:I, s:I, s:o}", "runs",
					       (json_int_t)counts->runs, "sampled",
					       (json_int_t)counts->sampled, "sampled_ns",
					       (json_int_t)counts->sampled_ns, "attempted",
					       (json_int_t)counts->attempted, "failed",
					       (json_int_t)counts->failed, "verdicts", verdicts));
	return json;
}

static json_t *ring_of(const struct ring_figures *ring)
{
	const struct section_terms *terms = &ring->terms;

	return json_pack(
		"{s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:s?}", "name", ring->name,
		"rings", (json_int_t)ring->rings, "consumed", (json_int_t)terms->consumed, "again",
		(json_int_t)terms->again, "delivered", (json_int_t)ring->delivered, "dropped",
		(json_int_t)terms->dropped, "mismatched",
		number_or_null(ring->is_checked, terms->mismatched), "in_ring",
		(json_int_t)terms->waiting, "size_bytes", (json_int_t)ring->fill.size, "fill_bytes",
		(json_int_t)ring->fill.fill, "peak_bytes", (json_int_t)ring->fill.peak, "error",
		terms->error ? strerror(-terms->error) : NULL);
}

static json_t *generation_of(const struct generation_figures *generation)
{
	json_t *counted = json_array();
	json_t *rings = json_array();

	for (size_t i = 0; i < generation->counted_count; i++)
		json_array_append_new(counted, counted_of(&generation->counted[i]));
	for (size_t i = 0; i < generation->ring_count; i++)
		json_array_append_new(rings, ring_of(&generation->rings[i]));
	return json_pack("{s:I, s:s, s:b, s:o, s:o}", "generation", (json_int_t)generation->number,
			 "bank", bank_name(generation->bank), "in_force", (int)generation->in_force,
			 "hooks", counted, "rings", rings);
}

static json_t *generations_of(const struct unit_figures *unit)
{
	json_t *generations = json_array();

	for (size_t i = 0; i < unit->generation_count; i++)
		json_array_append_new(generations, generation_of(&unit->generations[i]));
	return generations;
}

static json_t *maps_of(const struct unit_figures *unit)
{
	json_t *maps = json_array();

	for (size_t i = 0; i < unit->map_count; i++) {
		const struct map_figures *map = &unit->maps[i];

		json_array_append_new(maps, json_pack("{s:s, s:I, s:I, s:b, s:s?, s:o}", "name",
						      map->name, "id", (json_int_t)map->id,
						      "generation", (json_int_t)map->generation,
						      "kept", (int)map->kept, "shared",
						      *map->shared ? map->shared : NULL, "bytes",
						      number_or_null(map->is_known, map->bytes)));
	}
	return maps;
}

/* ---- operations ---- */

static json_t *results_of(const struct tally *tally)
{
	json_t *results = json_array();

	for (size_t i = 0; i < tally->result_count; i++) {
		const struct tally_result *result = &tally->results[i];

		json_array_append_new(results,
				      json_pack("{s:s, s:s, s:I}", "operation", result->operation,
						"result", outcome_name(result->outcome), "count",
						(json_int_t)result->count));
	}
	return results;
}

static json_t *phases_of(const struct tally *tally)
{
	json_t *phases = json_array();

	for (size_t i = 0; i < tally->phase_count; i++) {
		const struct tally_phase *phase = &tally->phases[i];

		json_array_append_new(phases, json_pack("{s:s, s:I, s:I}", "phase", phase->name,
							"count", (json_int_t)phase->count,
							"sum_usec", (json_int_t)phase->sum_usec));
	}
	return phases;
}

static json_t *last_of(const struct tally_last *last)
{
	if (!last->operation)
		return json_null();
	return json_pack("{s:s, s:s, s:I, s:I}", "operation", last->operation, "result",
			 outcome_name(last->outcome), "end_usec", (json_int_t)last->end_usec,
			 "usec", (json_int_t)last->usec);
}

/* ---- all of it ---- */

static json_t *unit_of(const struct unit_figures *unit)
{
	return json_pack(
		"{s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:I, s:I, s:I}}",
		"name", unit->name, "state", unit->state, "generation",
		(json_int_t)unit->generation, "since_usec", (json_int_t)unit->since_usec,
		"map_bytes", (json_int_t)unit->map_bytes, "hooks", hooks_of(unit), "generations",
		generations_of(unit), "maps", maps_of(unit), "operations", results_of(&unit->tally),
		"phases", phases_of(&unit->tally), "last", last_of(&unit->tally.last),
		"subscribers", "count", (json_int_t)unit->subscribers, "delivered",
		(json_int_t)unit->lines.delivered, "lost", (json_int_t)unit->lines.lost);
}

static json_t *units_of(const struct figures *figures)
{
	json_t *units = json_array();

	for (size_t i = 0; i < figures->unit_count; i++)
		json_array_append_new(units, unit_of(&figures->units[i]));
	return units;
}

static json_t *programs_of(const struct figures *figures)
{
	json_t *programs = json_array();

	for (size_t i = 0; i < figures->program_count; i++) {
		const struct program_figures *program = &figures->programs[i];
		const struct program_run_time *run_time = &program->run_time;

		json_array_append_new(programs,
				      json_pack("{s:I, s:s, s:s, s:I, s:I, s:s?}", "id",
						(json_int_t)run_time->id, "name", run_time->name,
						"type", program_type_name(run_time->type), "runs",
						(json_int_t)run_time->runs, "run_ns",
						(json_int_t)run_time->run_ns, "unit",
						program->unit ? program->unit->name : NULL));
	}
	return programs;
}

static json_t *daemon_of(const struct figures *figures)
{
	return json_pack("{s:I, s:b, s:I, s:I, s:I, s:o, s:o}", "since_usec",
			 (json_int_t)figures->since_usec, "degraded", (int)figures->degraded,
			 "failed_units", (json_int_t)figures->failed_units, "failed_loads",
			 (json_int_t)figures->failed_loads, "clients", (json_int_t)figures->clients,
			 "pss_bytes", number_or_null(figures->has_memory, figures->pss_bytes),
			 "rss_bytes", number_or_null(figures->has_memory, figures->rss_bytes));
}

char *figures_to_json(const struct figures *figures)
{
	json_t *json =
		json_pack("{s:I, s:I, s:b, s:o, s:o}", "time_usec", (json_int_t)figures->time_usec,
			  "monotonic_usec", (json_int_t)figures->monotonic_usec,
			  "run_time_is_counted", (int)figures->run_time_is_counted, "daemon",
			  daemon_of(figures), "units", units_of(figures));
	char *text;

	if (figures->wants_programs)
		json_object_set_new(json, "programs", programs_of(figures));
	text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	return text;
}
