/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/hook_target.h"

#include <dirent.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "daemon/kernel/hook.h"
#include "daemon/kernel/hook_state.h"
#include "lib/str.h"

#define NOTE_PREFIX "at-"

bool hook_target_can_go(const struct attach *attach)
{
	return hook_operations_of(attach)->target != NULL;
}

const char *hook_target_noun(const struct attach *attach)
{
	return hook_operations_of(attach)->noun;
}

uint64_t hook_target_now(const struct attach *attach)
{
	return hook_target_can_go(attach) ? hook_operations_of(attach)->target(attach) : 0;
}

uint64_t hook_target_of_link(const struct attach *attach, const struct bpf_link_info *info)
{
	return hook_target_can_go(attach) ? hook_operations_of(attach)->link_target(attach, info)
					  : 0;
}

/* ---- notes ---- */

static void note_path(const struct unit_pins *pins, const struct manifest_hook *hook,
		      uint64_t target, char path[PIN_PATH_MAX])
{
	char name[32];

	(void)str_format(name, sizeof(name), NOTE_PREFIX "%" PRIu64, target);
	place_path(pins, hook->place, name, path);
}

/* Calls back for each note of the hook but that of `target`; the number of calls. */
static size_t for_other_notes(const struct unit_pins *pins, const struct manifest_hook *hook,
			      uint64_t target, void (*callback)(const char *path))
{
	char folder[PIN_PATH_MAX], path[PIN_PATH_MAX], own[PIN_PATH_MAX];
	struct dirent *entry;
	size_t count = 0;
	DIR *directory;

	note_path(pins, hook, target, own);
	place_path(pins, hook->place, ".", folder);
	directory = opendir(folder);
	while (directory && (entry = readdir(directory))) {
		place_path(pins, hook->place, entry->d_name, path);
		if (!str_has_prefix(entry->d_name, NOTE_PREFIX, NULL) || strcmp(path, own) == 0)
			continue;
		count++;
		if (callback)
			callback(path);
	}
	if (directory)
		closedir(directory);
	return count;
}

bool hook_target_differs(const struct unit_pins *pins, const struct manifest_hook *hook,
			 uint64_t target)
{
	char path[PIN_PATH_MAX];

	note_path(pins, hook, target, path);
	return access(path, F_OK) < 0 && for_other_notes(pins, hook, target, NULL) > 0;
}

static void forget(const char *path)
{
	(void)rmdir(path);
}

void hook_target_note(const struct unit_pins *pins, const struct manifest_hook *hook,
		      uint64_t target)
{
	char path[PIN_PATH_MAX];

	if (!target)
		return;
	note_path(pins, hook, target, path);
	(void)bpffs_make_directory(path);
	(void)for_other_notes(pins, hook, target, forget);
}

void hook_targets_note(const struct unit_pins *pins, const struct manifest *generation)
{
	for (size_t i = 0; i < generation->hook_count; i++) {
		struct hook_state state;

		if (hook_state_read(pins, &generation->hooks[i], &state) == 0)
			hook_target_note(pins, &generation->hooks[i], state.target);
	}
}
