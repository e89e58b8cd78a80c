/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/drift.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/kernel/hook_target.h"
#include "daemon/unit/heal.h"
#include "daemon/unit/unit.h"
#include "lib/cleanup.h"
#include "lib/clock.h"
#include "lib/str.h"

#define DETAIL_MAX (ATTACH_TARGET_MAX + 512)

/* ---- reading ---- */

void drift_read(const struct unit_pins *pins, const struct manifest_hook *hooks, size_t count,
		struct drift_reading *readings)
{
	for (size_t i = 0; i < count; i++) {
		readings[i].err = hook_state_read(pins, &hooks[i], &readings[i].state);
		if (!readings[i].err)
			hook_target_note(pins, &hooks[i], readings[i].state.target);
	}
}

/* ---- what is known ---- */

struct drift_hook *drift_find(const struct unit *unit, const char *place)
{
	for (size_t i = 0; i < unit->drift.count; i++)
		if (strcmp(unit->drift.hooks[i].place, place) == 0)
			return &unit->drift.hooks[i];
	return NULL;
}

void drift_deinit(struct drift *drift)
{
	for (size_t i = 0; i < drift->count; i++)
		free(drift->hooks[i].error);
	free(drift->hooks);
	*drift = (struct drift){0};
}

static const struct manifest *in_force(const struct unit *unit)
{
	int active = unit_active(unit);

	return active == BANK_NONE ? NULL : unit->banks[active].manifest;
}

bool drift_is_none(const struct unit *unit)
{
	const struct manifest *manifest = in_force(unit);

	for (size_t i = 0; manifest && i < manifest->hook_count; i++) {
		const struct drift_hook *hook = drift_find(unit, manifest->hooks[i].place);

		if (hook && hook->state.condition != HOOK_STATE_ATTACHED)
			return false;
	}
	return true;
}

/* ---- changes ---- */

static void say(const struct unit *unit, const struct manifest_hook *hook,
		const struct hook_state *state, const struct drift_note *note)
{
	char detail[DETAIL_MAX], text[DETAIL_MAX + UNIT_DIRECTORY_MAX + 128];

	hook_state_describe(state, hook, detail, sizeof(detail));
	if (state->condition == HOOK_STATE_ATTACHED)
		(void)snprintf(text, sizeof(text), "unit %s: hook %s is attached again, as it was",
			       unit->name, hook->name);
	else
		(void)snprintf(text, sizeof(text), "unit %s: hook %s is %s: %s", unit->name,
			       hook->name, hook_condition_name(state->condition), detail);
	note->say(note, unit->name,
		  state->condition == HOOK_STATE_ATTACHED ? DRIFT_HEALED : DRIFT_FOUND, text);
}

static void take_one(const struct unit *unit, const struct manifest_hook *manifest_hook,
		     const struct drift_reading *reading, struct drift_hook *hook,
		     const struct drift_note *note)
{
	if (reading->err)
		return;
	if (!hook_state_equal(&hook->state, &reading->state)) {
		say(unit, manifest_hook, &reading->state, note);
		hook->since_usec = clock_now_usec(CLOCK_REALTIME);
	}
	hook->state = reading->state;
	heal_look(hook);
}

/* The hook as it was known; one that nobody has looked at yet was attached by whoever made it. */
static void begin_one(const struct unit *unit, const struct manifest_hook *manifest_hook,
		      struct drift_hook *ret)
{
	struct drift_hook *known = drift_find(unit, manifest_hook->place);

	*ret = (struct drift_hook){.since_usec = clock_now_usec(CLOCK_REALTIME)};
	if (known) {
		*ret = *known;
		known->error = NULL;
	}
	(void)str_format(ret->name, sizeof(ret->name), "%s", manifest_hook->name);
	(void)str_format(ret->place, sizeof(ret->place), "%s", manifest_hook->place);
}

int drift_take(struct unit *unit, const struct drift_reading *readings,
	       const struct drift_note *note)
{
	const struct manifest *manifest = in_force(unit);
	struct drift drift = {.count = manifest->hook_count};

	drift.hooks = calloc(drift.count, sizeof(*drift.hooks));
	if (!drift.hooks)
		return -ENOMEM;
	for (size_t i = 0; i < drift.count; i++) {
		begin_one(unit, &manifest->hooks[i], &drift.hooks[i]);
		take_one(unit, &manifest->hooks[i], &readings[i], &drift.hooks[i], note);
	}
	drift_deinit(&unit->drift);
	unit->drift = drift;
	return 0;
}

/* ---- telling ---- */

static const char *way_out(const struct unit *unit, const struct drift_hook *hook)
{
	if (hook->state.condition == HOOK_STATE_OUTRANKED)
		return "; it is left there: if it should not be, detach it";
	if (hook->state.condition == HOOK_STATE_WAITING || heal_is_wanted(unit, hook))
		return "";
	return "; to attach it again, unload the unit and load it, or set Heal=yes in its file "
	       "and reload it";
}

static void write_hook(FILE *out, const struct unit *unit,
		       const struct manifest_hook *manifest_hook, const struct drift_hook *hook)
{
	char detail[DETAIL_MAX];

	hook_state_describe(&hook->state, manifest_hook, detail, sizeof(detail));
	(void)fprintf(out, "hook %s: %s", hook->name, detail);
	if (hook->error && heal_is_wanted(unit, hook))
		(void)fprintf(out, "; it cannot be attached again: %s", hook->error);
	(void)fputs(way_out(unit, hook), out);
}

char *drift_reason(const struct unit *unit)
{
	const struct manifest *manifest = in_force(unit);
	const char *separator = "";
	char *text = NULL;
	size_t length;
	FILE *out;

	if (drift_is_none(unit))
		return NULL;
	out = open_memstream(&text, &length);
	if (!out)
		return NULL;
	for (size_t i = 0; i < manifest->hook_count; i++) {
		const struct drift_hook *hook = drift_find(unit, manifest->hooks[i].place);

		if (!hook || hook->state.condition == HOOK_STATE_ATTACHED)
			continue;
		(void)fputs(separator, out);
		write_hook(out, unit, &manifest->hooks[i], hook);
		separator = "; ";
	}
	(void)fclose(out);
	return text;
}

void drift_add(json_t *json, const struct unit *unit, const struct manifest_hook *hook)
{
	const struct drift_hook *known = drift_find(unit, hook->place);
	const struct hook_state attached = {.condition = HOOK_STATE_ATTACHED};

	hook_state_add(json, known ? &known->state : &attached, hook);
	if (!known || known->state.condition == HOOK_STATE_ATTACHED)
		return;
	json_object_set_new(json, "state_since_usec", json_integer((json_int_t)known->since_usec));
	heal_add(json, unit, known);
}
