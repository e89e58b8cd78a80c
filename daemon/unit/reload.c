/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A reload: prepare, arm, commit, barrier, drain, settle. */
#include <errno.h>
#include <string.h>

#include "daemon/unit/attach_held.h"
#include "daemon/unit/flip.h"
#include "daemon/unit/operations.h"
#include "daemon/unit/prepare.h"
#include "daemon/unit/record.h"
#include "lib/fault.h"

/* The operation is named first, then the former bank is given up, then its slots are overwritten.
 */
static void name_candidate(struct operation *operation)
{
	struct ebpfd_selector *selector = unit_selector(operation->unit);
	uint64_t target = word_with_bank(selector_word(selector), operation->to);

	selector_set(&selector->next_generation, operation->to_generation + 1);
	selector_set(&selector->override_after, operation->override_after);
	selector_begin(selector, EBPFD_OPERATION_RELOAD, operation->to_generation, target);
	fault_point("reload", "named");
	selector_set(&selector->former, 0);
	selector_set(&selector->generation[operation->to], operation->to_generation);
	fault_point("reload", "given-up");
}

/* The candidate takes the bank's place; its rings are read once the other's are drained. */
static int place_candidate(struct operation *operation)
{
	struct unit *unit = operation->unit;
	struct bank *bank = &unit->banks[operation->to];
	struct ledger ledger;
	int err = unit_ledger(unit, &ledger);

	if (err)
		return err;
	operation->retired_rows = ledger_copy(&ledger, (unsigned)operation->to);
	if (!operation->retired_rows)
		return -ENOMEM;
	bank_close(bank);
	*bank = operation->candidate;
	operation->candidate = BANK_INIT;
	return bank_start(bank, unit->units->context, &ledger, operation->to, true,
			  &unit->audience);
}

static int arm(struct operation *operation)
{
	struct unit *unit = operation->unit;
	struct unit_pins pins = unit_pins(unit);
	int err;

	err = bank_open(unit->units->context, unit->name, operation->to_generation,
			&operation->candidate, &operation->failure);
	if (err)
		return err;
	name_candidate(operation);
	err = swap_fill_slots(&pins, operation->candidate.manifest, operation->to,
			      &operation->failure);
	fault_point("reload", "slots");
	if (!err)
		err = place_candidate(operation);
	fault_point("reload", "placed");
	return err;
}

static bool has_conversions(const struct operation *operation)
{
	return json_integer_value(json_object_get(operation->report, "converted")) > 0;
}

/*
 * Not taken back: the active bank's programs speak as before, through their entries. And after a
 * kill it is seen in the links.
 */
static int convert(struct operation *operation)
{
	struct unit *unit = operation->unit;
	struct unit_pins pins = unit_pins(unit);
	size_t done = 0;
	int err = swap_links_to_entries(&pins, unit->banks[operation->from].manifest,
					operation->from, &done, &operation->failure);

	fault_point("reload", "converted");
	return err;
}

/* The former generation is read again, and its counts go on where they were. */
static int open_former(struct operation *operation)
{
	struct unit *unit = operation->unit;
	struct bank *bank = &unit->banks[operation->to];
	struct ledger ledger;
	int err = unit_ledger(unit, &ledger);

	if (!err)
		err = bank_open(unit->units->context, unit->name, operation->retired_generation,
				bank, NULL);
	if (err)
		return err;
	if (operation->retired_rows)
		ledger_put_back(&ledger, (unsigned)operation->to, operation->retired_rows);
	return bank_start(bank, unit->units->context, &ledger, operation->to, false,
			  &unit->audience);
}

static void restore_former(struct operation *operation)
{
	struct unit *unit = operation->unit;
	struct bank *bank = &unit->banks[operation->to];
	struct unit_pins pins = unit_pins(unit);

	if (!bank->manifest && open_former(operation) < 0) {
		bank_close(bank);
		return;
	}
	if (swap_fill_slots(&pins, bank->manifest, operation->to, NULL) == 0)
		selector_set(&unit_selector(unit)->former, (uint32_t)operation->to + 1);
}

/* The unit answers as before the arming, the former bank is a former bank again. */
static void disarm(struct operation *operation)
{
	struct ebpfd_selector *selector = unit_selector(operation->unit);
	struct bank *bank = &operation->unit->banks[operation->to];
	struct unit_pins pins = unit_pins(operation->unit);

	if (operation->take_back_failed) {
		unit_set_reason(operation->unit, operation->failure.text);
		return;
	}
	if (bank->manifest && bank->manifest->generation == operation->to_generation) {
		(void)bank_drain(bank); /* what it wrote while it was in force */
		bank_close(bank);
	}
	selector_set(&selector->generation[operation->to], operation->retired_generation);
	if (operation->retired_generation)
		restore_former(operation);
	else
		(void)swap_fill_slots(&pins, NULL, operation->to, NULL);
	selector_end(selector);
}

static const struct operation_step steps[] = {
	{.phase = "prepare", .undo = prepare_remove_generation, .on_waiter = true},
	{.phase = "prepare", .run = prepare_generation},
	{.phase = "arm", .run = arm, .undo = disarm},
	{.phase = "arm", .run = attach_held, .on_waiter = true, .applies = attach_held_is_needed},
	{.phase = "arm", .run = convert, .on_waiter = true, .applies = has_conversions},
	FLIP_STEPS,
	RECORD_STEPS,
};

const struct operation_kind operation_reload = {
	.name = "reload", .points = "reload", .steps = steps, .step_count = ARRAY_SIZE(steps)};

/* To people it is a rollback; to recovery, and so to who kills it, a reload. */
const struct operation_kind operation_rollback_far = {
	.name = "rollback", .points = "reload", .steps = steps, .step_count = ARRAY_SIZE(steps)};
