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
#include "daemon/kernel/held_sockets.h"
#include "daemon/kernel/hook_heal.h"
#include "daemon/kernel/kept_maps.h"
#include "daemon/kernel/places.h"
#include "daemon/kernel/shared_maps.h"
#include "daemon/unit/recovery.h"
#include "lib/cleanup.h"
#include "lib/fault.h"
#include "lib/str.h"

void recovery_note(const struct recovery *recovery, int level, const char *format, ...)
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
	recovery_note(recovery, LOG_WARNING, "degraded: %s", failure->text);
}

static void unit_path(const struct unit *unit, char path[PIN_PATH_MAX])
{
	pin_path(path, unit->units->context->root, "%s", unit->name);
}

/* ---- generations ---- */

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
		err = bank_start(bank, unit->units->context, &ledger, number, false,
				 &unit->audience);
	if (err)
		bank_close(bank);
	return err;
}

/* Old before new: the idle bank's ring is read to its end first. */
static void drain_banks(struct unit *unit, int active)
{
	(void)barrier_wait_all(&unit->units->context->barrier,
			       manifest_may_sleep(unit->banks[0].manifest) ||
				       manifest_may_sleep(unit->banks[1].manifest));
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

struct recovery_drift_note {
	struct drift_note note;
	recover_note_fn say;
};

static void note_drift(const struct drift_note *note, const char *unit, enum drift_change change,
		       const char *text)
{
	(void)unit;
	((const struct recovery_drift_note *)note)
		->say(change == DRIFT_HEALED ? LOG_NOTICE : LOG_WARNING, text);
}

/* Whether each link is where it was and runs what it should, or runs nothing. */
static bool look_at_links(const struct recovery *recovery, int active)
{
	const struct manifest *manifest = recovery->unit->banks[active].manifest;
	struct unit_pins pins = unit_pins(recovery->unit);
	struct drift_reading readings[EBPFD_HOOKS_MAX];
	const struct recovery_drift_note note = {.note.say = note_drift, .say = recovery->note};
	bool sound = true;

	hook_heal_clean_up(&pins, manifest);
	drift_read(&pins, manifest->hooks, manifest->hook_count, readings);
	for (size_t i = 0; i < manifest->hook_count; i++)
		sound = sound && !readings[i].err &&
			readings[i].state.condition != HOOK_STATE_REPLACED &&
			readings[i].state.condition != HOOK_STATE_MISSING;
	return drift_take(recovery->unit, readings, &note.note) == 0 && sound;
}

static void sweep_places(const struct recovery *recovery, int active)
{
	struct unit *unit = recovery->unit;
	struct unit_pins pins = unit_pins(unit);
	int err;

	if (unit_selector(unit)->generation[!active] && !unit->banks[!active].manifest)
		return; /* what it has cannot be known */
	err = places_sweep(&pins, unit->banks[active].manifest, unit->banks[!active].manifest,
			   &unit->units->context->barrier);
	if (err)
		recovery_note(recovery, LOG_WARNING,
			      "cannot detach all hooks that are not used any more: %s",
			      strerror(-err));
}

static void adopt(const struct recovery *recovery)
{
	struct unit *unit = recovery->unit;
	struct failure failure = {.text = "out of memory"};
	int active = unit_active(unit);

	if (recovery_end_operation(recovery, &failure) < 0)
		degrade(recovery, &failure);
	if (open_bank(recovery, active, &failure) < 0) {
		degrade(recovery, &failure);
		return;
	}
	if (open_bank(recovery, !active, &failure) < 0)
		recovery_note(recovery, LOG_WARNING, "the former generation is lost: %s",
			      failure.text);
	fault_point("start", "opened");
	drain_banks(unit, active);
	fault_point("start", "drained");
	check_slots(recovery, active);
	if (look_at_links(recovery, active) && !unit->reason) {
		sweep_generations(unit);
		sweep_places(recovery, active);
		fault_point("start", "swept");
		(void)kept_maps_publish(unit->units->context->root, unit->banks[active].manifest);
	}
	recovery_note(recovery, LOG_INFO, "adopted, generation %u in bank %s",
		      unit->banks[active].manifest->generation, bank_name(active));
}

/* A first load that was cut short never was in force: what there is of it goes. */
static void remove_unfinished(const struct recovery *recovery)
{
	char path[PIN_PATH_MAX];

	unit_path(recovery->unit, path);
	recovery_note(recovery, LOG_INFO, "its first load was cut short; it is removed");
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

static void claim_sockets(const struct unit *unit)
{
	struct unit_pins pins = unit_pins(unit);

	held_sockets_claim(&pins);
}

static int recover_unit(struct units *units, const char *name, recover_note_fn note_fn)
{
	struct recovery recovery = {.unit = units_add(units, name), .note = note_fn};
	struct failure failure = {.text = "out of memory"};
	int err;

	if (!recovery.unit)
		return -ENOMEM;
	claim_sockets(recovery.unit);
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

/* Of units that went while no daemon ran, or by another hand. */
static void drop_sockets(recover_note_fn note_fn)
{
	char text[128];
	size_t dropped = held_sockets_drop_unclaimed();

	if (!dropped)
		return;
	(void)snprintf(text, sizeof(text),
		       "closed what no hook names of the sockets that were passed: %zu", dropped);
	note_fn(LOG_WARNING, text);
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
	drop_sockets(note_fn);
	publish_shared(root, note_fn);
	return err;
}
