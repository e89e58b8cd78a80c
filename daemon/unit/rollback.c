/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rollback: flip to the former bank, which still has everything. No loader, no verifier. */
#include "daemon/unit/flip.h"
#include "daemon/unit/operations.h"
#include "daemon/unit/record.h"
#include "lib/fault.h"

static int arm(struct operation *operation)
{
	struct unit *unit = operation->unit;
	struct ebpfd_selector *selector = unit_selector(unit);
	struct bank *bank = &unit->banks[operation->to];
	struct unit_pins pins = unit_pins(unit);
	int err = swap_check_slots(&pins, bank->manifest, operation->to, &operation->failure);

	if (err)
		return err;
	bank_hold(bank, true);
	selector_set(&selector->override_after, operation->override_after);
	selector_begin(selector, EBPFD_OPERATION_ROLLBACK, operation->to_generation,
		       word_with_bank(selector_word(selector), operation->to));
	fault_point("rollback", "named");
	return 0;
}

static void disarm(struct operation *operation)
{
	if (operation->take_back_failed) {
		unit_set_reason(operation->unit, operation->failure.text);
		return;
	}
	selector_end(unit_selector(operation->unit));
	bank_hold(&operation->unit->banks[operation->to], false);
}

static const struct operation_step steps[] = {
	{.phase = "arm", .run = arm, .undo = disarm},
	FLIP_STEPS,
	RECORD_STEPS,
};

const struct operation_kind operation_rollback = {
	.name = "rollback", .points = "rollback", .steps = steps, .step_count = ARRAY_SIZE(steps)};
