/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first load of a unit: the word is "none" until every hook is attached. */
#include <errno.h>
#include <string.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/hook_target.h"
#include "daemon/kernel/kept_maps.h"
#include "daemon/kernel/shared_maps.h"
#include "daemon/unit/attach_held.h"
#include "daemon/unit/flip.h"
#include "daemon/unit/operations.h"
#include "daemon/unit/prepare.h"
#include "daemon/unit/record.h"
#include "lib/fault.h"

static void remove_unit(struct operation *operation)
{
	char path[PIN_PATH_MAX];

	record_drop_staged(operation);
	pin_path(path, operation->unit->units->context->root, "%s", operation->unit->name);
	(void)bpffs_remove_unit(path);
	(void)shared_maps_follow(operation->unit->units->context->root);
}

static int open_unit(struct operation *operation)
{
	struct unit *unit = operation->unit;
	const struct context *context = unit->units->context;
	struct bank *bank = &unit->banks[operation->to];
	struct ledger ledger;
	int err;

	err = unit_open(unit, &operation->failure);
	if (!err)
		err = bank_open(context, unit->name, operation->to_generation, bank,
				&operation->failure);
	if (!err)
		err = unit_ledger(unit, &ledger);
	if (!err)
		err = bank_start(bank, context, &ledger, operation->to, false, &unit->audience);
	fault_point("load", "opened");
	return err;
}

static void close_unit(struct operation *operation)
{
	struct unit *unit = operation->unit;

	bank_close(&unit->banks[operation->to]);
	mapped_deinit(&unit->selector);
	mapped_deinit(&unit->ledger);
}

static int put_in_force(struct operation *operation)
{
	struct ebpfd_selector *selector = unit_selector(operation->unit);

	selector_set(&selector->override_, operation->override_after);
	selector_store_word(selector, selector->target);
	fault_point("load", "word");
	selector_end(selector);
	fault_point("load", "settled");
	return 0;
}

static int publish(struct operation *operation)
{
	struct unit_pins pins = unit_pins(operation->unit);
	int err = kept_maps_publish(operation->unit->units->context->root,
				    operation->unit->banks[operation->to].manifest);

	if (err)
		operation_note(operation, "cannot publish all kept maps: %s", strerror(-err));
	hook_targets_note(&pins, operation->unit->banks[operation->to].manifest);
	fault_point("load", "published");
	flip_follow_shared(operation);
	return 0;
}

static const struct operation_step steps[] = {
	{.phase = "prepare", .undo = remove_unit, .on_waiter = true},
	{.phase = "prepare", .run = prepare_generation},
	{.phase = "open", .run = open_unit, .undo = close_unit},
	{.phase = "attach",
	 .run = attach_held,
	 .on_waiter = true,
	 .applies = attach_held_is_needed},
	{.phase = "commit", .run = put_in_force},
	{.phase = "settle", .run = publish, .on_waiter = true},
	RECORD_STEPS,
};

const struct operation_kind operation_load = {
	.name = "load", .points = "load", .steps = steps, .step_count = ARRAY_SIZE(steps)};
