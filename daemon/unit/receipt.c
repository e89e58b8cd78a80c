/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/receipt.h"

#include <string.h>

#include "daemon/kernel/describe.h"
#include "daemon/unit/operations.h"
#include "lib/macro.h"

static json_t *phases_to_json(const struct operation *operation)
{
	json_t *phases = json_array();

	for (size_t i = 0; i < operation->phase_count; i++)
		json_array_append_new(
			phases, json_pack("{s:s, s:I}", "phase", operation->phases[i].name, "usec",
					  (json_int_t)operation_phase_usec(operation, i)));
	return phases;
}

static json_t *hooks_to_json(const struct unit *unit, const struct manifest *manifest)
{
	struct unit_pins pins = unit_pins(unit);
	json_t *hooks = json_array();

	for (size_t i = 0; manifest && i < manifest->hook_count; i++)
		json_array_append_new(hooks, describe_hook(&pins, &manifest->hooks[i]));
	return hooks;
}

static void add_generation(json_t *receipt, const struct operation *operation)
{
	const struct manifest *manifest = NULL;

	if (operation->to != BANK_NONE)
		manifest = operation->unit->banks[operation->to].manifest;
	json_object_set_new(receipt, "hooks", hooks_to_json(operation->unit, manifest));
	if (!manifest)
		return;
	json_object_set_new(receipt, "object", json_string(manifest->object));
	json_object_set_new(receipt, "digest", json_string(manifest->digest));
}

/* What the loader has to say: verdicts and figures, and for a plan its hooks. */
static void add_report(json_t *receipt, const struct operation *operation)
{
	static const char *const parts[] = {"maps", "verifier", "memory"};
	json_t *notes = json_copy(operation->notes);

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		json_t *part = json_object_get(operation->report, parts[i]);

		if (part)
			json_object_set(receipt, parts[i], part);
	}
	json_array_extend(notes, json_object_get(operation->report, "notes"));
	json_object_set_new(receipt, "note", notes);
}

/* A plan has a verdict. Hooks by link are flipped one after the other: a window in which both run.
 */
static void add_plan(json_t *receipt, const struct operation *operation)
{
	json_t *hooks = json_object_get(operation->report, "hooks");
	json_t *reasons = json_object_get(operation->report, "reasons");

	json_object_set(receipt, "hooks", hooks);
	json_object_set(receipt, "reasons", reasons);
	json_object_set_new(receipt, "safe", json_boolean(json_array_size(reasons) == 0));
	json_object_set(receipt, "mixed_window",
			json_object_get(operation->report, "mixed_window"));
	json_object_set_new(receipt, "object", json_string(operation->object_path));
}

/* What each begins with. */
static json_t *begin_receipt(const struct operation *operation)
{
	return json_pack("{s:s, s:s, s:I, s:O?, s:o, s:I, s:s?}", "unit", operation->unit->name,
			 "operation", operation->kind->name, "time_usec",
			 (json_int_t)operation->time_usec, "asked_by", operation->client.asked_by,
			 "phases", phases_to_json(operation), "usec",
			 (json_int_t)(operation->end_usec - operation->begin_usec), "digest_before",
			 operation->digest_before);
}

json_t *receipt_of_failure(const struct operation *operation)
{
	json_t *receipt = begin_receipt(operation);

	json_object_set_new(receipt, "error",
			    json_pack("{s:s, s:s+}", "outcome",
				      outcome_name(operation->failure.outcome), "message",
				      operation->failure.text, ""));
	return receipt;
}

static void add_change(json_t *receipt, const struct operation *operation)
{
	const int from = operation->from_generation ? operation->from : BANK_NONE;
	json_t *change = json_pack("{s:{s:I, s:I}, s:{s:s, s:s}, s:s}", "generation", "before",
				   (json_int_t)operation->from_generation, "after",
				   (json_int_t)operation->to_generation, "bank", "before",
				   bank_name(from), "after", bank_name(operation->to), "override",
				   override_name(operation->override_after));

	json_object_update(receipt, change);
	json_decref(change);
}

json_t *receipt_make(const struct operation *operation)
{
	json_t *receipt = begin_receipt(operation);

	add_change(receipt, operation);
	add_report(receipt, operation);
	if (operation->kind == &operation_plan)
		add_plan(receipt, operation);
	else
		add_generation(receipt, operation);
	if (operation->again)
		json_object_set_new(receipt, "again", json_integer(operation->again));
	json_object_set_new(receipt, "events",
			    operation->events ? json_incref(operation->events) : json_array());
	return receipt;
}
