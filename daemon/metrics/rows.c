/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/metrics/rows.h"

#include <stdio.h>

#include "lib/macro.h"

enum field_type { FIELD_U64, FIELD_U32, FIELD_BOOL };

#define ALWAYS SIZE_MAX

struct row {
	struct metric_family family;
	size_t offset; /* of the field */
	enum field_type type;
	unsigned decimals; /* it counts 10^-decimals of the unit */
	size_t known;	   /* offset of a bool that is true where the field is known, or ALWAYS */
};

/* clang-format off */
#define FIELD(structure, field)                                                  \
	.offset = offsetof(structure, field),                                    \
	.type = _Generic(((structure *)0)->field,                                \
			 bool: FIELD_BOOL, uint32_t: FIELD_U32, default: FIELD_U64)
/* clang-format on */
#define KNOWN(structure, field) .known = offsetof(structure, field)

static struct metric_value value_of(const struct row *row, const void *structure)
{
	const char *field = (const char *)structure + row->offset;
	struct metric_value value = {.decimals = row->decimals};

	if (row->type == FIELD_BOOL)
		value.number = *(const bool *)field;
	else if (row->type == FIELD_U32)
		value.number = *(const uint32_t *)field;
	else
		value.number = *(const uint64_t *)field;
	return value;
}

static void put_row(struct metrics_text *text, const struct row *row,
		    const struct metric_labels *labels, const void *structure)
{
	const char *known = structure;

	if (row->known == ALWAYS || *(const bool *)(known + row->known))
		metrics_text_sample(text, &row->family, labels, value_of(row, structure));
}

/* ---- the daemon ---- */

#define DAEMON(field) FIELD(struct figures, field), .known = ALWAYS

static const struct row daemon_rows[] = {
	{{"start_time_seconds", METRIC_GAUGE, "seconds", "When the daemon began, since 1970."},
	 DAEMON(since_usec),
	 .decimals = 6},
	{{"degraded", METRIC_GAUGE, NULL, "1 if anything is not as it should be, else 0."},
	 DAEMON(degraded)},
	{{"units", METRIC_GAUGE, NULL, "Units that are loaded."}, DAEMON(unit_count)},
	{{"failed_units", METRIC_GAUGE, NULL, "Units that should be loaded and are not."},
	 DAEMON(failed_units)},
	{{"failed_loads", METRIC_COUNTER, NULL,
	  "Loads that failed of units that were not loaded before."},
	 DAEMON(failed_loads)},
	{{"clients", METRIC_GAUGE, NULL, "Clients of the control socket."}, DAEMON(clients)},
	{{"run_time_counted", METRIC_GAUGE, NULL,
	  "1 if the kernel counted runs and run time before this scrape already, else 0."},
	 DAEMON(run_time_is_counted)},
	{{"memory_pss_bytes", METRIC_GAUGE, "bytes",
	  "Memory of the daemon, with its part of what it shares."},
	 FIELD(struct figures, pss_bytes),
	 KNOWN(struct figures, has_memory)},
	{{"memory_rss_bytes", METRIC_GAUGE, "bytes",
	  "Memory of the daemon, with all of what it shares."},
	 FIELD(struct figures, rss_bytes),
	 KNOWN(struct figures, has_memory)},
};

void metrics_put_daemon(struct metrics_text *text, const struct figures *figures)
{
	const struct metric_labels none = {0};

	for (size_t i = 0; i < ARRAY_SIZE(daemon_rows); i++) {
		metrics_text_family(text, &daemon_rows[i].family);
		put_row(text, &daemon_rows[i], &none, figures);
	}
}

/* ---- units ---- */

#define UNIT(field) FIELD(struct unit_figures, field), .known = ALWAYS

static const struct row unit_rows[] = {
	{{"unit_generation", METRIC_GAUGE, NULL, "Number of the generation in force; 0: none."},
	 UNIT(generation)},
	{{"unit_generation_time_seconds", METRIC_GAUGE, "seconds",
	  "When the generation in force was prepared, since 1970."},
	 UNIT(since_usec),
	 .decimals = 6},
	{{"unit_map_memory_bytes", METRIC_GAUGE, "bytes",
	  "Memory of all maps of both generations, as the kernel accounts it."},
	 UNIT(map_bytes)},
	{{"unit_subscribers", METRIC_GAUGE, NULL, "Readers of the unit's events."},
	 UNIT(subscribers)},
	{{"unit_subscriber_lines_delivered", METRIC_COUNTER, NULL,
	  "Lines delivered to readers of the unit's events."},
	 UNIT(lines.delivered)},
	{{"unit_subscriber_lines_lost", METRIC_COUNTER, NULL,
	  "Lines lost to readers of the unit's events that read too slowly."},
	 UNIT(lines.lost)},
};

void metrics_put_units(struct metrics_text *text, const struct figures *figures)
{
	for (size_t i = 0; i < ARRAY_SIZE(unit_rows); i++) {
		metrics_text_family(text, &unit_rows[i].family);
		for (size_t j = 0; j < figures->unit_count; j++) {
			const struct unit_figures *unit = &figures->units[j];
			struct metric_labels labels = {0};

			metric_labels_add(&labels, "unit", unit->name);
			put_row(text, &unit_rows[i], &labels, unit);
		}
	}
}

/* ---- hooks ---- */

#define HOOK(field) FIELD(struct hook_figures, field)

static const struct row hook_rows[] = {
	{{"hook_attached", METRIC_GAUGE, NULL,
	  "1 if the hook was attached as it should be at the last look, 0 if another hand was at "
	  "it."},
	 HOOK(is_attached),
	 .known = ALWAYS},
	{{"hook_runs", METRIC_COUNTER, NULL,
	  "Runs of the program that is attached, by the kernel, while it was asked to count them."},
	 HOOK(run_time.runs),
	 KNOWN(struct hook_figures, has_run_time)},
	{{"hook_run_seconds", METRIC_COUNTER, "seconds",
	  "Time of the runs that the kernel counted, tail calls included."},
	 HOOK(run_time.run_ns),
	 KNOWN(struct hook_figures, has_run_time),
	 .decimals = 9},
	{{"hook_missed", METRIC_COUNTER, NULL,
	  "Events whose program was not in its slot behind the entry."},
	 HOOK(missed),
	 KNOWN(struct hook_figures, has_entry)},
	{{"hook_skipped", METRIC_COUNTER, NULL,
	  "Runs that the kernel left out since a program ran on that CPU already."},
	 HOOK(skipped),
	 KNOWN(struct hook_figures, has_skipped)},
};

static void put_hook_row(struct metrics_text *text, const struct row *row,
			 const struct unit_figures *unit)
{
	for (size_t i = 0; i < unit->hook_count; i++) {
		struct metric_labels labels = {0};

		metric_labels_add(&labels, "unit", unit->name);
		metric_labels_add(&labels, "hook", unit->hooks[i].hook.name);
		put_row(text, row, &labels, &unit->hooks[i]);
	}
}

void metrics_put_hooks(struct metrics_text *text, const struct figures *figures)
{
	for (size_t i = 0; i < ARRAY_SIZE(hook_rows); i++) {
		metrics_text_family(text, &hook_rows[i].family);
		for (size_t j = 0; j < figures->unit_count; j++)
			put_hook_row(text, &hook_rows[i], &figures->units[j]);
	}
}

/* ---- what programs of a generation counted ---- */

#define COUNTED(field) \
	FIELD(struct counted_figures, counts.field), KNOWN(struct counted_figures, is_known)

static const struct row program_rows[] = {
	{{"program_runs", METRIC_COUNTER, NULL, "Runs of the generation's program."},
	 COUNTED(runs)},
	{{"program_sampled_runs", METRIC_COUNTER, NULL, "Runs whose time the program took."},
	 COUNTED(sampled)},
	{{"program_sampled_run_seconds", METRIC_COUNTER, "seconds",
	  "Time of the runs that the program took the time of."},
	 COUNTED(sampled_ns),
	 .decimals = 9},
	{{"program_records_attempted", METRIC_COUNTER, NULL,
	  "Records that the program wanted room for in a ring."},
	 COUNTED(attempted)},
	{{"program_records_failed", METRIC_COUNTER, NULL,
	  "Records that the ring had no room for: lost."},
	 COUNTED(failed)},
};

/* A generation's number as text. */
struct number_text {
	char text[16];
};

static struct number_text number_of(const struct generation_figures *generation)
{
	struct number_text number;

	(void)snprintf(number.text, sizeof(number.text), "%u", generation->number);
	return number;
}

static void put_program_row(struct metrics_text *text, const struct row *row,
			    const struct unit_figures *unit,
			    const struct generation_figures *generation)
{
	const struct number_text number = number_of(generation);

	for (size_t i = 0; i < generation->counted_count; i++) {
		struct metric_labels labels = {0};

		metric_labels_add(&labels, "unit", unit->name);
		metric_labels_add(&labels, "hook", generation->counted[i].hook);
		metric_labels_add(&labels, "generation", number.text);
		put_row(text, row, &labels, &generation->counted[i]);
	}
}

/* ---- rings ---- */

#define RING(field) FIELD(struct ring_figures, field), .known = ALWAYS

static const struct row ring_rows[] = {
	{{"ring_records_consumed", METRIC_COUNTER, NULL, "Records read from the ring."},
	 RING(terms.consumed)},
	{{"ring_records_delivered", METRIC_COUNTER, NULL, "Records that the sink took."},
	 RING(delivered)},
	{{"ring_records_dropped", METRIC_COUNTER, NULL, "Records that the sink did not take."},
	 RING(terms.dropped)},
	{{"ring_records_mismatched", METRIC_COUNTER, NULL, "Records that Check= kept back."},
	 FIELD(struct ring_figures, terms.mismatched),
	 KNOWN(struct ring_figures, is_checked)},
	{{"ring_records_again", METRIC_COUNTER, NULL,
	  "Records delivered that may have been delivered before a kill already."},
	 RING(terms.again)},
	{{"ring_records_waiting", METRIC_GAUGE, NULL, "Records in the ring."}, RING(terms.waiting)},
	{{"ring_size_bytes", METRIC_GAUGE, "bytes", "Size of the ring, or of each one."},
	 RING(fill.size)},
	{{"ring_fill_bytes", METRIC_GAUGE, "bytes", "What is in the ring, or in the fullest one."},
	 RING(fill.fill)},
	{{"ring_peak_bytes", METRIC_GAUGE, "bytes",
	  "The most that this daemon has found in the ring, or in one of them."},
	 RING(fill.peak)},
	{{"ring_broken", METRIC_GAUGE, NULL,
	  "1 if what is in the ring contradicts itself and is not read any more, else 0."},
	 RING(is_broken)},
};

static void put_ring_row(struct metrics_text *text, const struct row *row,
			 const struct unit_figures *unit,
			 const struct generation_figures *generation)
{
	const struct number_text number = number_of(generation);

	for (size_t i = 0; i < generation->ring_count; i++) {
		struct metric_labels labels = {0};

		metric_labels_add(&labels, "unit", unit->name);
		metric_labels_add(&labels, "ring", generation->rings[i].name);
		metric_labels_add(&labels, "generation", number.text);
		put_row(text, row, &labels, &generation->rings[i]);
	}
}

/* ---- both are of a generation ---- */

typedef void (*put_generation_row_fn)(struct metrics_text *text, const struct row *row,
				      const struct unit_figures *unit,
				      const struct generation_figures *generation);

static void put_generations(struct metrics_text *text, const struct row *row,
			    const struct figures *figures, put_generation_row_fn put)
{
	metrics_text_family(text, &row->family);
	for (size_t i = 0; i < figures->unit_count; i++) {
		const struct unit_figures *unit = &figures->units[i];

		for (size_t j = 0; j < unit->generation_count; j++)
			put(text, row, unit, &unit->generations[j]);
	}
}

void metrics_put_programs(struct metrics_text *text, const struct figures *figures)
{
	for (size_t i = 0; i < ARRAY_SIZE(program_rows); i++)
		put_generations(text, &program_rows[i], figures, put_program_row);
}

void metrics_put_rings(struct metrics_text *text, const struct figures *figures)
{
	for (size_t i = 0; i < ARRAY_SIZE(ring_rows); i++)
		put_generations(text, &ring_rows[i], figures, put_ring_row);
}
