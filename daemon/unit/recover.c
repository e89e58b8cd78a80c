/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/recover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/generation.h"
#include "daemon/kernel/hook_heal.h"
#include "daemon/kernel/kept_maps.h"
#include "daemon/kernel/shared_maps.h"
#include "lib/cleanup.h"
#include "lib/fault.h"
#include "lib/str.h"

struct recovery {
	struct unit *unit;
	recover_note_fn note;
};

static void note(const struct recovery *recovery, int level, const char *format, ...)
	PRINTF_LIKE(3, 4);

static void note(const struct recovery *recovery, int level, const char *format, ...)
{
	char text[FAILURE_TEXT_MAX + NAME_MAX_LENGTH + 16];
	va_list values;
	int used = snprintf(text, sizeof(text), "unit %s: ", recovery->unit->name);

	va_start(values, format);
	(void)vsnprintf(text + used, sizeof(text) - (size_t)used, format, values);
	va_end(values);
	recovery->note(level, text);
}

static void degrade(const struct recovery *recovery, const struct failure *failure)
{
	unit_set_reason(recovery->unit, failure->text);
	note(recovery, LOG_WARNING, "degraded: %s", failure->text);
}

static void unit_path(const struct unit *unit, char path[PIN_PATH_MAX])
{
	pin_path(path, unit->units->context->root, "%s", unit->name);
}

/* ---- generations ---- */

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

	unit_path(unit, path);
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

static void sweep_generations(const struct unit *unit)
{
	const struct ebpfd_selector *selector = unit_selector(unit);
	char path[PIN_PATH_MAX];
	struct dirent *entry;
	DIR *directory;

	unit_path(unit, path);
	directory = opendir(path);
	if (!directory)
		return;
	while ((entry = readdir(directory))) {
		char generation[PIN_PATH_MAX];
		uint32_t number;

		if (!generation_number(entry->d_name, &number) ||
		    number == selector->generation[0] || number == selector->generation[1])
			continue;
		pin_path(generation, path, "%s", entry->d_name);
		(void)bpffs_remove_tree(generation);
	}
	closedir(directory);
}

/* ---- operations cut short ---- */

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
	if (!err && swap_way(to_manifest) == WAY_LINK) {
		pin_path(path, pins.root, "%s/gen-%u/manifest", pins.unit, from);
		err = manifest_read(path, &from_manifest, failure);
		if (!err)
			err = swap_links(&pins, from_manifest, to_manifest, &done, failure);
	}
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
	if (!retired)
		return;
	pin_path(path, pins.root, "%s/gen-%u/manifest", pins.unit, retired);
	if (manifest_read(path, &manifest, NULL) == 0 &&
	    swap_fill_slots(&pins, manifest, idle, NULL) == 0) {
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
	struct bank bank = BANK_INIT;
	struct ledger ledger;

	if (bank_open(context, unit->name, unit_selector(unit)->candidate, &bank, NULL) < 0)
		return;
	(void)barrier_wait(&context->barrier);
	if (swap_way(bank.manifest) == WAY_LINK && unit_ledger(unit, &ledger) == 0 &&
	    bank_start(&bank, context, &ledger, idle, false) == 0)
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
	note(recovery, LOG_INFO, "an operation was cut short before its flip; it is taken back");
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
	note(recovery, LOG_INFO, "an operation was cut short after its flip; it is finished");
	return 0;
}

static int end_operation(const struct recovery *recovery, struct failure *failure)
{
	struct ebpfd_selector *selector = unit_selector(recovery->unit);
	int err;

	if (selector->operation == EBPFD_OPERATION_NONE)
		return 0;
	if (selector_word(selector) == selector->target)
		err = finish(recovery, failure);
	else
		err = take_back(recovery, failure);
	fault_point("start", "decided");
	if (!err)
		selector_end(selector);
	fault_point("start", "ended");
	return err;
}

/* ---- adoption ---- */

static int open_bank(const struct recovery *recovery, int number, struct failure *failure)
{
	struct unit *unit = recovery->unit;
	uint32_t generation = unit_selector(unit)->generation[number];
	struct bank *bank = &unit->banks[number];
	struct ledger ledger;
	int err;

	if (!generation)
		return 0;
	err = bank_open(unit->units->context, unit->name, generation, bank, failure);
	if (!err)
		err = unit_ledger(unit, &ledger);
	if (!err)
		err = bank_start(bank, unit->units->context, &ledger, number, false);
	if (err)
		bank_close(bank);
	return err;
}

/* Old before new: the idle bank's ring is read to its end first. */
static void drain_banks(struct unit *unit, int active)
{
	(void)barrier_wait(&unit->units->context->barrier);
	(void)bank_drain(&unit->banks[!active]);
	(void)bank_drain(&unit->banks[active]);
}

static void check_slots(const struct recovery *recovery, int active)
{
	struct unit *unit = recovery->unit;
	struct unit_pins pins = unit_pins(unit);
	struct failure failure;

	if (swap_check_slots(&pins, unit->banks[active].manifest, active, &failure) < 0)
		degrade(recovery, &failure);
}

/* Whether each link is where it was and runs what it should, or runs nothing. */
static bool look_at_links(const struct recovery *recovery, int active)
{
	const struct manifest *manifest = recovery->unit->banks[active].manifest;
	struct unit_pins pins = unit_pins(recovery->unit);
	struct drift_reading readings[EBPFD_HOOKS_MAX];
	bool sound = true;

	hook_heal_clean_up(&pins, manifest);
	drift_read(&pins, manifest->hooks, manifest->hook_count, readings);
	for (size_t i = 0; i < manifest->hook_count; i++)
		sound = sound && !readings[i].err &&
			readings[i].state.condition != HOOK_STATE_REPLACED &&
			readings[i].state.condition != HOOK_STATE_MISSING;
	return drift_take(recovery->unit, readings, recovery->note) == 0 && sound;
}

static void adopt(const struct recovery *recovery)
{
	struct unit *unit = recovery->unit;
	struct failure failure = {.text = "out of memory"};
	int active = unit_active(unit);

	if (end_operation(recovery, &failure) < 0)
		degrade(recovery, &failure);
	if (open_bank(recovery, active, &failure) < 0) {
		degrade(recovery, &failure);
		return;
	}
	if (open_bank(recovery, !active, &failure) < 0)
		note(recovery, LOG_WARNING, "the former generation is lost: %s", failure.text);
	fault_point("start", "opened");
	drain_banks(unit, active);
	fault_point("start", "drained");
	check_slots(recovery, active);
	if (look_at_links(recovery, active) && !unit->reason) {
		sweep_generations(unit);
		fault_point("start", "swept");
		(void)kept_maps_publish(unit->units->context->root, unit->banks[active].manifest);
	}
	note(recovery, LOG_INFO, "adopted, generation %u in bank %s",
	     unit->banks[active].manifest->generation, bank_name(active));
}

/* A first load that was cut short never was in force: what there is of it goes. */
static void remove_unfinished(const struct recovery *recovery)
{
	char path[PIN_PATH_MAX];

	unit_path(recovery->unit, path);
	note(recovery, LOG_INFO, "its first load was cut short; it is removed");
	(void)bpffs_remove_unit(path);
	fault_point("start", "removed");
	units_remove(recovery->unit);
}

static bool has_selector(const struct unit *unit)
{
	char path[PIN_PATH_MAX];

	pin_path(path, unit->units->context->root, "%s/selector", unit->name);
	return access(path, F_OK) == 0;
}

static int recover_unit(struct units *units, const char *name, recover_note_fn note_fn)
{
	struct recovery recovery = {.unit = units_add(units, name), .note = note_fn};
	struct failure failure = {.text = "out of memory"};
	int err;

	if (!recovery.unit)
		return -ENOMEM;
	if (!has_selector(recovery.unit)) {
		remove_unfinished(&recovery);
		return 0;
	}
	err = unit_open(recovery.unit, &failure);
	if (err) {
		recovery.unit->read_only = true;
		degrade(&recovery, &failure);
	} else if (unit_active(recovery.unit) == BANK_NONE) {
		remove_unfinished(&recovery);
	} else {
		adopt(&recovery);
	}
	return 0;
}

/* What its programs wrote before they fell silent still goes to its sinks. */
static void drain_gone(struct units *units, const char *name, const char *path)
{
	struct recovery recovery = {.unit = units_add(units, name)};
	struct unit *unit = recovery.unit;

	if (!unit)
		return;
	if (unit_open(unit, NULL) == 0) {
		selector_store_word(unit_selector(unit), word_with_bank(0, BANK_NONE));
		(void)bpffs_remove_links(path);
		for (int bank = 0; bank < EBPFD_BANKS; bank++)
			(void)open_bank(&recovery, bank, NULL);
		drain_banks(unit, 0);
	}
	units_remove(unit);
}

static void sweep_gone(struct units *units, const char *name)
{
	char path[PIN_PATH_MAX];

	pin_path(path, units->context->root, "%s", name);
	drain_gone(units, name, path);
	fault_point("start", "gone-drained");
	(void)bpffs_remove_unit(path);
	fault_point("start", "gone-removed");
}

/* Once it is settled which generations there are. */
static void publish_shared(const char *root, recover_note_fn note_fn)
{
	int err = shared_maps_publish(root);
	char text[PIN_PATH_MAX + 128];

	(void)snprintf(text, sizeof(text), "cannot publish all shared maps under %s/shared: %s",
		       root, strerror(-err));
	if (err)
		note_fn(LOG_WARNING, text);
	fault_point("start", "shared");
}

int recover_units(struct units *units, recover_note_fn note_fn)
{
	const char *root = units->context->root;
	DIR *directory = opendir(root);
	struct dirent *entry;
	int err = 0;

	if (!directory)
		return -errno;
	while (!err && (entry = readdir(directory))) {
		if (str_has_prefix(entry->d_name, "gone-", NULL))
			sweep_gone(units, entry->d_name);
		else if (entry->d_type == DT_DIR && unit_name_is_valid(entry->d_name))
			err = recover_unit(units, entry->d_name, note_fn);
	}
	closedir(directory);
	publish_shared(root, note_fn);
	return err;
}
