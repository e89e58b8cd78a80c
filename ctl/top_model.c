/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/top_model.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/macro.h"

#define NSEC_PER_USEC 1000.0
#define USEC_PER_SEC  1e6

/* Two answers; `former` is NULL for the first. */
struct span {
	const json_t *former, *now;
	double usec;
	bool run_time; /* the kernel counted runs from the former on */
};

static json_int_t number_at(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* The object of the list whose member is equal; NULL where there is none. */
static const json_t *find(const json_t *list, const char *key, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *object = json_array_get(list, i);

		if (json_equal(json_object_get(object, key), value))
			return object;
	}
	return NULL;
}

static const json_t *find_like(const json_t *list, const char *key, const json_t *object)
{
	return find(list, key, json_object_get(object, key));
}

static double rate(double count, const struct span *span)
{
	return span->former && span->usec > 0 ? count * USEC_PER_SEC / span->usec : NAN;
}

/* ---- runs ---- */

struct runs {
	double count, ns;
};

static void runs_add(struct runs *runs, const json_t *now, const json_t *former)
{
	runs->count += (double)(number_at(now, "runs") - number_at(former, "runs"));
	runs->ns += (double)(number_at(now, "run_ns") - number_at(former, "run_ns"));
}

/* Another program at the hook counts from 0. */
static void add_hook_runs(struct runs *runs, const json_t *now, const json_t *former)
{
	bool same = former && number_at(now, "attached_id") == number_at(former, "attached_id");

	runs_add(runs, json_object_get(now, "kernel"),
		 same ? json_object_get(former, "kernel") : NULL);
}

static void set_runs(struct top_row *row, const struct runs *runs, const struct span *span)
{
	if (!span->run_time)
		return;
	row->calls = rate(runs->count, span);
	row->cpu = rate(runs->ns, span) / (USEC_PER_SEC * NSEC_PER_USEC);
	if (runs->count > 0)
		row->ns_per_call = runs->ns / runs->count;
}

/* ---- rows ---- */

static struct top_row row_of(enum top_kind kind, const struct span *span)
{
	return (struct top_row){.kind = kind,
				.seconds = span->former ? span->usec / USEC_PER_SEC : NAN,
				.calls = NAN,
				.ns_per_call = NAN,
				.cpu = NAN,
				.events = NAN,
				.ring = NAN};
}

static double consumed(const json_t *generation)
{
	const json_t *rings = json_object_get(generation, "rings");
	double sum = 0;

	for (size_t i = 0; i < json_array_size(rings); i++)
		sum += (double)number_at(json_array_get(rings, i), "consumed");
	return sum;
}

/* A generation that was not there before has begun at 0. */
static double events_between(const json_t *now, const json_t *former)
{
	const json_t *generations = json_object_get(now, "generations");
	const json_t *formers = json_object_get(former, "generations");
	double sum = 0;

	for (size_t i = 0; i < json_array_size(generations); i++) {
		const json_t *generation = json_array_get(generations, i);

		sum += consumed(generation) -
		       consumed(find_like(formers, "generation", generation));
	}
	return sum;
}

/* Of all rings of the generation in force, which is the first; NAN without one. */
static double fullest_ring(const json_t *unit)
{
	const json_t *rings =
		json_object_get(json_array_get(json_object_get(unit, "generations"), 0), "rings");
	double fullest = NAN;

	for (size_t i = 0; i < json_array_size(rings); i++) {
		const json_t *ring = json_array_get(rings, i);
		double size = (double)number_at(ring, "size_bytes");

		if (size > 0)
			fullest = fmax(fullest, (double)number_at(ring, "fill_bytes") / size);
	}
	return fullest;
}

/* A rollback brings an old generation back: what counts is when. */
static uint64_t changed_usec(const json_t *unit)
{
	return (uint64_t)MAX(number_at(unit, "since_usec"),
			     number_at(json_object_get(unit, "last"), "end_usec"));
}

static struct top_row unit_row(const json_t *unit, const json_t *former, const struct span *span)
{
	const json_t *hooks = json_object_get(unit, "hooks");
	const json_t *former_hooks = json_object_get(former, "hooks");
	struct top_row row = row_of(TOP_UNIT, span);
	struct runs runs = {0};

	(void)snprintf(row.name, sizeof(row.name), "%s", text_at(unit, "name"));
	(void)snprintf(row.type, sizeof(row.type), "%s", text_at(unit, "state"));
	row.generation = (uint32_t)number_at(unit, "generation");
	row.since_usec = changed_usec(unit);
	row.ring = fullest_ring(unit);
	for (size_t i = 0; i < json_array_size(hooks); i++)
		add_hook_runs(&runs, json_array_get(hooks, i),
			      find_like(former_hooks, "name", json_array_get(hooks, i)));
	set_runs(&row, &runs, span);
	row.events = rate(events_between(unit, former), span);
	return row;
}

static struct top_row hook_row(const json_t *unit, const json_t *hook, const json_t *former,
			       const struct span *span)
{
	const char *attach = text_at(hook, "attach");
	struct top_row row = row_of(TOP_HOOK, span);
	struct runs runs = {0};

	(void)snprintf(row.name, sizeof(row.name), "%s/%s", text_at(unit, "name"),
		       text_at(hook, "name"));
	(void)snprintf(row.type, sizeof(row.type), "%.*s", (int)strcspn(attach, ":"), attach);
	row.generation = (uint32_t)number_at(unit, "generation");
	add_hook_runs(&runs, hook, former);
	set_runs(&row, &runs, span);
	return row;
}

static struct top_row program_row(const json_t *program, const json_t *former,
				  const struct span *span)
{
	struct top_row row = row_of(TOP_PROGRAM, span);
	struct runs runs = {0};

	(void)snprintf(row.name, sizeof(row.name), "%s:%" JSON_INTEGER_FORMAT,
		       text_at(program, "name"), number_at(program, "id"));
	(void)snprintf(row.type, sizeof(row.type), "%s", text_at(program, "type"));
	runs_add(&runs, program, former);
	set_runs(&row, &runs, span);
	return row;
}

/* ---- all of them ---- */

static void copy_history(struct top_row *row, const struct top_model *model)
{
	for (size_t i = 0; i < model->count; i++) {
		const struct top_row *former = &model->rows[i];

		if (former->kind != row->kind || strcmp(former->name, row->name) != 0)
			continue;
		memcpy(row->history, former->history, sizeof(row->history));
		row->history_count = former->history_count;
		return;
	}
}

static void add_to_history(struct top_row *row)
{
	if (isnan(row->calls))
		return;
	if (row->history_count == TOP_HISTORY_MAX)
		memmove(row->history, row->history + 1,
			--row->history_count * sizeof(row->history[0]));
	row->history[row->history_count++] = row->calls;
}

static size_t row_count(const json_t *answer)
{
	const json_t *units = json_object_get(answer, "units");
	size_t count =
		json_array_size(units) + json_array_size(json_object_get(answer, "programs"));

	for (size_t i = 0; i < json_array_size(units); i++)
		count += json_array_size(json_object_get(json_array_get(units, i), "hooks"));
	return count;
}

static size_t make_unit_rows(const json_t *unit, const struct span *span, struct top_row *rows)
{
	const json_t *former = find_like(json_object_get(span->former, "units"), "name", unit);
	const json_t *hooks = json_object_get(unit, "hooks");
	const struct span own = {
		.former = former, .usec = span->usec, .run_time = span->run_time && former};
	size_t count = 0;

	rows[count++] = unit_row(unit, former, &own);
	for (size_t i = 0; i < json_array_size(hooks); i++) {
		const json_t *hook = json_array_get(hooks, i);

		rows[count++] =
			hook_row(unit, hook,
				 find_like(json_object_get(former, "hooks"), "name", hook), &own);
	}
	return count;
}

static size_t make_rows(const struct span *span, struct top_row *rows)
{
	const json_t *units = json_object_get(span->now, "units");
	const json_t *programs = json_object_get(span->now, "programs");
	const json_t *formers = json_object_get(span->former, "programs");
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(units); i++)
		count += make_unit_rows(json_array_get(units, i), span, rows + count);
	for (size_t i = 0; i < json_array_size(programs); i++) {
		const json_t *program = json_array_get(programs, i);

		if (json_is_null(json_object_get(program, "unit")))
			rows[count++] =
				program_row(program, find_like(formers, "id", program), span);
	}
	return count;
}

static struct span span_of(const json_t *former, const json_t *now)
{
	return (struct span){.former = former,
			     .now = now,
			     .usec = (double)(number_at(now, "monotonic_usec") -
					      number_at(former, "monotonic_usec")),
			     .run_time = former &&
					 json_is_true(json_object_get(now, "run_time_is_counted"))};
}

int top_model_add(struct top_model *model, json_t *answer)
{
	const struct span span = span_of(model->answer, answer);
	struct top_row *rows = calloc(row_count(answer) + 1, sizeof(*rows));
	size_t count;

	if (!rows) {
		json_decref(answer);
		return -ENOMEM;
	}
	count = make_rows(&span, rows);
	for (size_t i = 0; i < count; i++) {
		copy_history(&rows[i], model);
		add_to_history(&rows[i]);
	}
	top_model_deinit(model);
	*model = (struct top_model){.rows = rows, .count = count, .answer = answer};
	return 0;
}

void top_model_interrupt(struct top_model *model)
{
	json_decref(model->answer);
	model->answer = NULL;
}

void top_model_deinit(struct top_model *model)
{
	free(model->rows);
	json_decref(model->answer);
	*model = (struct top_model){0};
}

/* ---- for programs ---- */

static json_t *known(double value)
{
	return isnan(value) ? json_null() : json_real(value);
}

json_t *top_row_to_json(const struct top_row *row)
{
	static const char *const kinds[] = {
		[TOP_UNIT] = "unit", [TOP_HOOK] = "hook", [TOP_PROGRAM] = "program"};

	return json_pack("{s:s, s:s, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "kind",
			 kinds[row->kind], "name", row->name, "type", row->type, "generation",
			 (json_int_t)row->generation, "seconds", known(row->seconds), "calls_per_s",
			 known(row->calls), "ns_per_call", known(row->ns_per_call), "cpu",
			 known(row->cpu), "events_per_s", known(row->events), "ring",
			 known(row->ring), "since_usec", (json_int_t)row->since_usec);
}
