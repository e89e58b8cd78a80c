/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unload: one rename of the unit's directory is the commit. From then on the unit is gone, and what
 * is left of it is dismantled, now or at the next start.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/unit/bank_events.h"
#include "daemon/unit/flip.h"
#include "daemon/unit/operations.h"
#include "daemon/unit/record.h"
#include "lib/fault.h"

/* The operation's begin makes the name unique: bpffs refuses to rename over a full directory. */
static void gone_path(const struct operation *operation, char path[PIN_PATH_MAX])
{
	pin_path(path, operation->unit->units->context->root, "gone-%s-%" PRIu64,
		 operation->unit->name, operation->begin_usec);
}

static int rename_away(struct operation *operation)
{
	char from[PIN_PATH_MAX], to[PIN_PATH_MAX];

	pin_path(from, operation->unit->units->context->root, "%s", operation->unit->name);
	gone_path(operation, to);
	if (rename(from, to) < 0)
		return failure_set_errno(&operation->failure, OUTCOME_REFUSED, -errno,
					 "cannot rename \"%s\"", from);
	fault_point("unload", "renamed");
	operation->unit->gone = true;
	/* All entries fall silent in one instant; then they are detached one by one. */
	selector_store_word(
		unit_selector(operation->unit),
		word_with_bank(selector_word(unit_selector(operation->unit)), BANK_NONE));
	fault_point("unload", "silent");
	return 0;
}

static int detach(struct operation *operation)
{
	char path[PIN_PATH_MAX];
	int err;

	gone_path(operation, path);
	err = bpffs_remove_links(path);
	fault_point("unload", "detached");
	if (err)
		return failure_set_errno(&operation->failure, OUTCOME_FAILED, err,
					 "cannot detach all hooks; the next start of ebpfd will");
	return 0;
}

static int drain(struct operation *operation)
{
	struct bank *banks[] = {&operation->unit->banks[0], &operation->unit->banks[1]};

	return flip_drain_banks(operation, banks, ARRAY_SIZE(banks));
}

static int close_banks(struct operation *operation)
{
	struct unit *unit = operation->unit;

	fault_point("unload", "drained");
	operation->events = bank_events(&unit->banks[operation->from], true);
	for (int bank = 0; bank < EBPFD_BANKS; bank++)
		bank_close(&unit->banks[bank]);
	return 0;
}

static int dismantle(struct operation *operation)
{
	char path[PIN_PATH_MAX];
	int err;

	gone_path(operation, path);
	err = bpffs_remove_unit(path);
	fault_point("unload", "dismantled");
	if (err)
		operation_note(operation, "cannot remove all of %s (%s); the next start will", path,
			       strerror(-err));
	flip_follow_shared(operation);
	return 0;
}

static const struct operation_step steps[] = {
	{.phase = "commit", .run = record_forget, .undo = record_forget_back, .on_waiter = true},
	{.phase = "commit", .run = rename_away},
	{.phase = "detach", .run = detach, .on_waiter = true},
	{.phase = "barrier", .run = flip_barrier, .on_waiter = true},
	{.phase = "drain", .run = drain},
	{.phase = "settle", .run = close_banks},
	{.phase = "settle", .run = dismantle, .on_waiter = true},
};

const struct operation_kind operation_unload = {
	.name = "unload", .points = "unload", .steps = steps, .step_count = ARRAY_SIZE(steps)};
