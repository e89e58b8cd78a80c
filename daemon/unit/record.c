/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/state/history.h"
#include "daemon/state/store.h"
#include "daemon/unit/operations.h"
#include "daemon/unit/receipt.h"
#include "lib/clock.h"
#include "lib/fault.h"

static const char *state_of(const struct unit *unit)
{
	return unit->units->context->state_directory;
}

static void prune(const struct context *context)
{
	history_prune(context->state_directory, context->settings->history_max,
		      context->settings->object_store_max);
}

/* How a generation came in force. */
struct arrival {
	const char *how;
	uint32_t again;
	json_t *receipt; /* NULL: that was told before, or nobody saw it */
};

/* A generation that has an entry keeps it, with how it came, and what brought it back beside. */
static int record_bank(const struct unit *unit, int number, const struct arrival *arrival)
{
	const struct ebpfd_selector *selector = unit_selector(unit);
	const struct manifest *manifest = unit->banks[number].manifest;
	const char *state = state_of(unit);
	struct history_entry entry;
	int err;

	if (!manifest)
		return 0;
	err = store_take(state, unit->name, manifest->generation, manifest->digest);
	if (err && err != -ENOENT)
		return err;
	if (history_read(state, unit->name, manifest->generation, &entry) == 0) {
		history_entry_deinit(&entry);
		return arrival->receipt
			       ? history_add_receipt(state, unit->name, manifest->generation,
						     arrival->receipt)
			       : 0;
	}
	entry = (struct history_entry){
		.generation = manifest->generation,
		.time_usec = manifest->time_usec,
		.digest = manifest->digest,
		.object = manifest->object,
		.file = manifest->file,
		.config = manifest->config,
		.how = arrival->how,
		.again = arrival->again,
		.override_ = number == unit_active(unit) ? selector->override_ : 0,
		.receipts = arrival->receipt ? json_pack("[O]", arrival->receipt) : NULL,
	};
	err = history_write(state, unit->name, &entry);
	json_decref(entry.receipts);
	return err;
}

static int record_current(const struct unit *unit)
{
	const struct ebpfd_selector *selector = unit_selector(unit);
	int former = unit_former(unit);
	const struct history_current current = {
		.generation = selector->generation[unit_active(unit)],
		.former = former == BANK_NONE ? 0 : selector->generation[former],
		.override_ = selector->override_,
	};

	return history_write_current(state_of(unit), unit->name, &current);
}

/* What is in force is named last, when all that a reboot needs of it is there. */
static int record_unit(const struct unit *unit, const struct arrival *arrival)
{
	static const struct arrival former = {.how = "reload"};
	int active = unit_active(unit);
	int err = store_prepare(state_of(unit));

	if (!err)
		err = record_bank(unit, active, arrival);
	if (!err)
		err = record_bank(unit, !active, &former);
	return err ? err : record_current(unit);
}

/* ---- steps ---- */

/* Tells both who asked now and who will look later. */
static void set_remark(struct operation *operation, const char *what, int err)
{
	char *text;

	if (asprintf(&text, "%s: %s; `ebpfctl history %s` shows what there is", what,
		     strerror(-err), operation->unit->name) < 0)
		return;
	operation_note(operation, "%s", text);
	free(operation->remark);
	operation->remark = text;
}

static int store_error(const struct operation *operation)
{
	return (int)json_integer_value(json_object_get(operation->report, "store_error"));
}

/* Made here, since the waiter may not look at the unit's events and hooks. */
int record_receipt(struct operation *operation)
{
	if (!state_of(operation->unit))
		return 0;
	operation->end_usec = clock_now_usec(CLOCK_MONOTONIC);
	operation->so_far = receipt_make(operation);
	return 0;
}

int record_settled(struct operation *operation)
{
	const struct unit *unit = operation->unit;
	const struct arrival arrival = {.how = operation->kind->name,
					.again = operation->again,
					.receipt = operation->so_far};
	int err;

	if (!state_of(unit))
		return 0;
	if (store_error(operation))
		set_remark(operation, "the object is not kept for later, no copy could be written",
			   store_error(operation));
	err = record_unit(unit, &arrival);
	if (err)
		set_remark(operation, "the history could not be written", err);
	else
		prune(unit->units->context);
	fault_point(operation->kind->points, "recorded");
	return 0;
}

int record_remark(struct operation *operation)
{
	unit_set_remark(operation->unit, operation->remark);
	return 0;
}

int record_forget(struct operation *operation)
{
	const char *state = state_of(operation->unit);
	int err = state ? history_forget_current(state, operation->unit->name) : 0;

	fault_point("unload", "forgotten");
	if (err)
		operation_note(operation,
			       "the history could not be written (%s): the unit will come back "
			       "after a reboot",
			       strerror(-err));
	return 0;
}

void record_forget_back(struct operation *operation)
{
	const struct unit *unit = operation->unit;

	if (state_of(unit) && !unit->gone && unit_active(unit) != BANK_NONE)
		(void)record_current(unit);
}

void record_drop_staged(const struct operation *operation)
{
	if (state_of(operation->unit))
		store_drop_staged(state_of(operation->unit), operation->unit->name,
				  operation->to_generation);
}

/* ---- start ---- */

static int record_adopted(struct unit *unit)
{
	struct arrival arrival = {.how = "reload"};
	int active = unit_active(unit);

	if (unit->read_only || active == BANK_NONE || !unit->banks[active].manifest)
		return 0;
	if (unit->banks[active].manifest->generation == 1)
		arrival.how = "load";
	return record_unit(unit, &arrival);
}

static void remark_adopted(struct unit *unit, int err)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "the history could not be written: %s", strerror(-err));
	unit_set_remark(unit, text);
}

int record_start(struct units *units)
{
	const char *state = units->context->state_directory;
	int err = store_prepare(state);

	for (struct unit *unit = units->first; unit; unit = unit->next) {
		int unit_err = record_adopted(unit);

		if (unit_err)
			remark_adopted(unit, unit_err);
		err = err ? err : unit_err;
	}
	/* A staged copy may be all that there is of an object whose entry could not be written. */
	if (err)
		return err;
	store_sweep_staged(state);
	prune(units->context);
	return 0;
}
