/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An operation that a kill cut short: taken back or finished, by the selector, pins and links. */
#include <dirent.h>
#include <syslog.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/generation.h"
#include "daemon/kernel/places.h"
#include "daemon/unit/recovery.h"
#include "lib/fault.h"

/*
 * The newest complete generation that is neither active nor the candidate: what the idle bank held
 * before a reload, whether or not the reload came to give it up.
 */
static uint32_t find_retired(const struct unit *unit)
{
	const struct ebpfd_selector *selector = unit_selector(unit);
	char path[PIN_PATH_MAX];
	struct dirent *entry;
	uint32_t found = 0;
	DIR *directory;

	pin_path(path, unit->units->context->root, "%s", unit->name);
	directory = opendir(path);
	if (!directory)
		return 0;
	while ((entry = readdir(directory))) {
		uint32_t number;
		char manifest[PIN_PATH_MAX];

		if (!generation_number(entry->d_name, &number) || number <= found ||
		    number == selector->candidate ||
		    number == selector->generation[unit_active(unit)])
			continue;
		pin_path(manifest, path, "%s/manifest", entry->d_name);
		if (access(manifest, F_OK) == 0)
			found = number;
	}
	closedir(directory);
	return found;
}

/* Updates links by the two manifests alone: the banks are opened only when the unit stands still.
 */
static int move_links(const struct recovery *recovery, uint32_t from, uint32_t to,
		      struct failure *failure)
{
	struct unit *unit = recovery->unit;
	struct unit_pins pins = unit_pins(unit);
	struct manifest *from_manifest = NULL, *to_manifest = NULL;
	char path[PIN_PATH_MAX];
	size_t done = 0;
	int err;

	pin_path(path, pins.root, "%s/gen-%u/manifest", pins.unit, to);
	err = manifest_read(path, &to_manifest, failure);
	/* Only needed where a link has to move. */
	pin_path(path, pins.root, "%s/gen-%u/manifest", pins.unit, from);
	(void)manifest_read(path, &from_manifest, NULL);
	if (!err)
		err = swap_links(&pins, from_manifest, to_manifest, &done, failure);
	manifest_free(from_manifest);
	manifest_free(to_manifest);
	fault_point("start", "links");
	return err;
}

/* The idle bank had been given up for the candidate: it gets its former generation back. */
static void restore_former(const struct recovery *recovery, int idle)
{
	struct unit *unit = recovery->unit;
	struct ebpfd_selector *selector = unit_selector(unit);
	struct unit_pins pins = unit_pins(unit);
	struct manifest *manifest = NULL;
	char path[PIN_PATH_MAX];
	uint32_t retired = find_retired(unit);

	selector_set(&selector->former, 0);
	selector_set(&selector->generation[idle], 0);
	fault_point("start", "emptied");
	pin_path(path, pins.root, "%s/gen-%u/manifest", pins.unit, retired);
	if (retired && manifest_read(path, &manifest, NULL) < 0)
		retired = 0;
	if (swap_fill_slots(&pins, manifest, idle, NULL) == 0 && retired) {
		selector_set(&selector->generation[idle], retired);
		selector_set(&selector->former, (uint32_t)idle + 1);
	}
	fault_point("start", "restored");
	manifest_free(manifest);
}

/*
 * Links may have run the candidate for a while, before the kill and after it. What it wrote is read
 * before its rings go. The word alone never lets a candidate speak, so entries have nothing to
 * read.
 */
static void drain_candidate(const struct recovery *recovery, int idle)
{
	struct unit *unit = recovery->unit;
	const struct context *context = unit->units->context;
	struct unit_pins pins = unit_pins(unit);
	struct bank bank = BANK_INIT;
	struct ledger ledger;

	if (bank_open(context, unit->name, unit_selector(unit)->candidate, &bank, NULL) < 0)
		return;
	(void)barrier_wait_all(&context->barrier, manifest_may_sleep(bank.manifest));
	if (places_have_link(&pins, bank.manifest) && unit_ledger(unit, &ledger) == 0 &&
	    bank_start(&bank, context, &ledger, idle, false, &unit->audience) == 0)
		(void)bank_drain(&bank);
	bank_close(&bank);
}

static int take_back(const struct recovery *recovery, struct failure *failure)
{
	struct ebpfd_selector *selector = unit_selector(recovery->unit);
	int active = unit_active(recovery->unit), idle = !active;
	int err = move_links(recovery, selector->candidate, selector->generation[active], failure);

	if (err)
		return err;
	if (selector->operation == EBPFD_OPERATION_RELOAD) {
		drain_candidate(recovery, idle);
		restore_former(recovery, idle);
	}
	recovery_note(recovery, LOG_INFO,
		      "an operation was cut short before its flip; it is taken back");
	return 0;
}

static int finish(const struct recovery *recovery, struct failure *failure)
{
	struct ebpfd_selector *selector = unit_selector(recovery->unit);
	int active = unit_active(recovery->unit), idle = !active;
	int err;

	if (selector->operation != EBPFD_OPERATION_LOAD) {
		err = move_links(recovery, selector->generation[idle], selector->generation[active],
				 failure);
		if (err)
			return err;
		selector_set(&selector->former, (uint32_t)idle + 1);
		selector_set(&selector->override_, selector->override_after);
	}
	recovery_note(recovery, LOG_INFO,
		      "an operation was cut short after its flip; it is finished");
	return 0;
}

int recovery_end_operation(const struct recovery *recovery, struct failure *reterr_failure)
{
	struct ebpfd_selector *selector = unit_selector(recovery->unit);
	int err;

	if (selector->operation == EBPFD_OPERATION_NONE)
		return 0;
	if (selector_word(selector) == selector->target)
		err = finish(recovery, reterr_failure);
	else
		err = take_back(recovery, reterr_failure);
	fault_point("start", "decided");
	if (!err)
		selector_end(selector);
	fault_point("start", "ended");
	return err;
}
