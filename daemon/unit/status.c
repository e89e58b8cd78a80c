/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/status.h"

#include <string.h>

#include "daemon/events/counts.h"
#include "daemon/kernel/describe.h"
#include "daemon/kernel/held_sockets.h"
#include "daemon/kernel/hook.h"
#include "daemon/kernel/places.h"
#include "daemon/state/history.h"
#include "daemon/unit/bank_events.h"
#include "daemon/unit/operation.h"
#include "lib/cleanup.h"

const char *status_state(const struct unit *unit)
{
	if (!unit->selector.value && !unit->read_only)
		return "loading";
	if (unit_is_degraded(unit))
		return "degraded";
	return unit->operation ? "reloading" : "active";
}

/* The generation in force, or NULL. */
static const struct bank *active_bank(const struct unit *unit)
{
	int active = unit_active(unit);

	return active != BANK_NONE && unit->banks[active].manifest ? &unit->banks[active] : NULL;
}

/* What list and status say alike. */
static json_t *summary(const struct unit *unit)
{
	const struct bank *bank = active_bank(unit);

	return describe_unit(unit->name, status_state(unit), unit->selector.value,
			     bank ? bank->manifest : NULL);
}

json_t *status_list(const struct units *units)
{
	json_t *list = json_array();

	for (const struct unit *unit = units->first; unit; unit = unit->next) {
		const struct bank *bank = active_bank(unit);
		json_t *json = summary(unit);

		if (bank) {
			json_object_set_new(json, "hooks",
					    json_integer((json_int_t)bank->manifest->hook_count));
			json_object_set_new(json, "consumed",
					    json_integer((json_int_t)bank_consumed(bank)));
		}
		json_array_append_new(list, json);
	}
	return json_pack("{s:o, s:o}", "units", list, "failed",
			 failed_units_to_json(&units->failed));
}

static void add_counts(json_t *json, const struct bank *bank, uint32_t number)
{
	struct ebpfd_counts counts;
	json_t *verdicts = json_array();

	if (bank->counts_fd < 0 || counts_read(bank->counts_fd, number, &counts) < 0) {
		json_decref(verdicts);
		return;
	}
	for (size_t i = 0; i < EBPFD_VERDICTS; i++)
		json_array_append_new(verdicts, json_integer((json_int_t)counts.verdict[i]));
	json_object_set_new(json, "runs", json_integer((json_int_t)counts.runs));
	json_object_set_new(json, "verdicts", verdicts);
	if (counts.sampled)
		json_object_set_new(json, "mean_ns",
				    json_integer((json_int_t)(counts.sampled_ns / counts.sampled)));
}

static json_t *hooks_of(const struct unit *unit, const struct bank *bank)
{
	const struct ebpfd_ledger *ledger = unit->ledger.value;
	struct unit_pins pins = unit_pins(unit);
	json_t *hooks = json_array();

	for (size_t i = 0; i < bank->manifest->hook_count; i++) {
		const struct manifest_hook *hook = &bank->manifest->hooks[i];
		json_t *json = describe_hook_in_force(&pins, hook);

		drift_add(json, unit, hook);
		if (hook_is_held(&hook->attach) && !held_sockets_outlive())
			json_object_set_new(json, "note", json_string(HELD_SOCKET_NOTE));
		if (place_way_now(&pins, hook) == WAY_ENTRY)
			json_object_set_new(json, "missed",
					    json_integer((json_int_t)ledger->missed[hook->number]));
		add_counts(json, bank, hook->number);
		json_array_append_new(hooks, json);
	}
	return hooks;
}

/* The rings of one bank, with where they go. */
static void add_events(json_t *all, const struct bank *bank, int number, bool quiet)
{
	json_t *events, *ring;
	size_t i;

	if (!bank->manifest)
		return;
	events = bank_events(bank, quiet);
	json_array_foreach (events, i, ring) {
		int err = sink_error(bank->sections[i].sink);

		json_object_set_new(ring, "bank", json_string(bank_name(number)));
		json_object_set_new(ring, "sink", json_string(sink_name(bank->sections[i].sink)));
		json_object_set_new(ring, "sink_error",
				    err ? json_string(strerror(-err)) : json_null());
	}
	json_array_extend(all, events);
	json_decref(events);
}

static json_t *events_of(const struct unit *unit)
{
	int active = unit_active(unit);
	json_t *events = json_array();

	add_events(events, &unit->banks[active], active, false);
	/* In the middle of an operation the other bank's programs may run as well. */
	add_events(events, &unit->banks[!active], !active, !unit->operation);
	return events;
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static void add_generation(json_t *json, const struct unit *unit, const struct bank *bank)
{
	json_object_set_new(json, "description", text_or_null(bank->file->description));
	describe_origin(json, unit_selector(unit), bank->manifest);
	json_object_set_new(json, "hooks", hooks_of(unit, bank));
	json_object_set_new(json, "maps",
			    describe_maps(unit->units->context->root, bank->manifest));
	json_object_set_new(json, "events", events_of(unit));
	json_object_set_new(json, "subscribers", audience_to_json(&unit->audience));
}

/* Both may be at once: what an operation left, and what another hand did. */
static json_t *reason_of(const struct unit *unit)
{
	cleanup_free char *drift = drift_reason(unit);

	if (unit->reason && drift)
		return json_sprintf("%s; %s", unit->reason, drift);
	return text_or_null(drift ? drift : unit->reason);
}

json_t *status_unit(const struct unit *unit)
{
	const struct bank *bank = active_bank(unit);
	json_t *json = summary(unit);

	json_object_set_new(json, "reason", reason_of(unit));
	json_object_set_new(json, "remark", text_or_null(unit->remark));
	json_object_set_new(json, "operation",
			    text_or_null(unit->operation ? unit->operation->kind->name : NULL));
	if (bank)
		add_generation(json, unit, bank);
	json_object_set_new(json, "last", unit->last ? json_incref(unit->last) : json_null());
	return json;
}

static uint32_t generation_in(const struct unit *unit, int bank)
{
	return bank == BANK_NONE ? 0 : unit_selector(unit)->generation[bank];
}

json_t *status_history(const struct units *units, const char *name)
{
	const struct unit *unit = units_find(units, name);

	return history_report(units->context->state_directory, name,
			      unit ? generation_in(unit, unit_active(unit)) : 0,
			      unit ? generation_in(unit, unit_former(unit)) : 0);
}
