/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judges what belongs to a generation: its folder, manifest, programs and maps. */
#include <stdio.h>
#include <string.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/inventory_judge.h"
#include "daemon/kernel/selector.h"
#include "lib/str.h"

static int bank_of(const struct unit_view *view, uint32_t generation)
{
	for (int bank = 0; bank < EBPFD_BANKS; bank++)
		if (view->selector.generation[bank] == generation)
			return bank;
	return BANK_NONE;
}

static const struct manifest_map *find_map(const struct manifest *manifest, const char *encoded)
{
	for (size_t i = 0; i < manifest->map_count; i++) {
		char name[OBJECT_NAME_MAX];

		if (bpffs_encode_name(manifest->maps[i].name, name, sizeof(name)) == 0 &&
		    strcmp(name, encoded) == 0)
			return &manifest->maps[i];
	}
	return NULL;
}

/*
 * True if the generation is in a bank. Else the object is judged: until an operation has ended,
 * recovery may need any generation.
 */
static bool take_bank(const struct judgement *judgement, int *ret_bank)
{
	*ret_bank = bank_of(judgement->view, judgement->generation);
	if (*ret_bank != BANK_NONE)
		return true;
	if (unit_view_is_moving(judgement->view))
		judge_moving(judgement);
	else
		inventory_judge(judgement->object, INVENTORY_ORPHAN,
				"a generation that is in no bank");
	return false;
}

void judge_generation(const struct judgement *judgement)
{
	int bank;

	if (take_bank(judgement, &bank))
		judge_owned(judgement, bank, "");
}

void judge_manifest(const struct judgement *judgement)
{
	const struct unit_view *view = judgement->view;
	int bank;

	if (!take_bank(judgement, &bank))
		return;
	judge_owned(judgement, bank, ARROW "manifest");
	if (!view->banks[bank])
		inventory_judge(judgement->object, inventory_class_of_bank(view, bank), "%s",
				view->manifest_failures[bank].text);
}

/* How the program is reached at a hook, and whether it is the one of the manifest. */
static void refer_to_hook(const struct judgement *judgement, int bank,
			  const struct manifest_hook *hook)
{
	const struct inventory_unit *unit = judgement->unit;
	struct inventory_object *object = judgement->object;
	char chain[INVENTORY_CHAIN_MAX], link[INVENTORY_LINK_TEXT_MAX];

	inventory_unit_link_text(unit, hook->place, link);
	inventory_chain(judgement->view, bank, chain, sizeof(chain));
	if (inventory_unit_pin(unit, hook->place, "entry"))
		inventory_refer(object,
				"%s" ARROW "progs/%s" ARROW "slot %s of hook %s" ARROW
				"entry %u" ARROW "%s",
				chain, judgement->name, bank_name(bank), hook->name,
				inventory_unit_pin_id(unit, hook->place, "entry"), link);
	else if (bank == unit_view_active(judgement->view))
		inventory_refer(object, "%s" ARROW "progs/%s" ARROW "%s of hook %s", chain,
				judgement->name, link, hook->name);
	else
		inventory_refer(object, "%s" ARROW "progs/%s" ARROW "hook %s", chain,
				judgement->name, hook->name);
	if (object->pinned.id != hook->program_id)
		inventory_judge(object, object->class, "is program %u, its manifest says %u",
				object->pinned.id, hook->program_id);
}

void judge_program(const struct judgement *judgement)
{
	const struct manifest *manifest;
	bool found = false;
	int bank;

	if (!take_bank(judgement, &bank))
		return;
	inventory_judge(judgement->object, inventory_class_of_bank(judgement->view, bank), NULL);
	manifest = judgement->view->banks[bank];
	for (size_t i = 0; manifest && i < manifest->hook_count; i++) {
		char encoded[OBJECT_NAME_MAX];

		if (bpffs_encode_name(manifest->hooks[i].program, encoded, sizeof(encoded)) < 0 ||
		    strcmp(encoded, judgement->name) != 0)
			continue;
		refer_to_hook(judgement, bank, &manifest->hooks[i]);
		found = true;
	}
	/* Programs that others call by tail call are in no manifest. */
	if (!found) {
		char rest[OBJECT_NAME_MAX * 2];

		(void)snprintf(rest, sizeof(rest), ARROW "progs/%s", judgement->name);
		judge_owned(judgement, bank, rest);
	}
}

static void check_map(const struct judgement *judgement, const struct manifest_map *map)
{
	struct inventory_object *object = judgement->object;

	if (object->pinned.id != map->id)
		inventory_judge(object, object->class, "is map %u, its manifest says %u",
				object->pinned.id, map->id);
}

void judge_map(const struct judgement *judgement)
{
	const struct manifest *manifest;
	const struct manifest_map *map;
	char rest[OBJECT_NAME_MAX * 2];
	int bank;

	if (!take_bank(judgement, &bank))
		return;
	manifest = judgement->view->banks[bank];
	map = manifest ? find_map(manifest, judgement->name) : NULL;
	if (manifest && !map) {
		inventory_judge(judgement->object, INVENTORY_FOREIGN,
				"the generation's manifest names no such map");
		return;
	}
	(void)snprintf(rest, sizeof(rest), ARROW "maps/%s", judgement->name);
	judge_owned(judgement, bank, rest);
	if (map)
		check_map(judgement, map);
}

void judge_kept(const struct judgement *judgement)
{
	int active = unit_view_active(judgement->view);
	const struct manifest *manifest = judgement->view->banks[active];
	const struct manifest_map *map = manifest ? find_map(manifest, judgement->name) : NULL;
	char rest[OBJECT_NAME_MAX * 2];

	(void)snprintf(rest, sizeof(rest), ARROW "kept map %s", judgement->name);
	if (str_has_prefix(judgement->name, "new-", NULL)) {
		inventory_judge(judgement->object, INVENTORY_ORPHAN,
				"staged for a rename that did not come");
	} else if (unit_view_is_moving(judgement->view)) {
		judge_moving(judgement);
	} else if (!manifest || (map && map->kept)) {
		judge_owned(judgement, active, rest);
		if (map)
			check_map(judgement, map);
	} else {
		inventory_judge(judgement->object, INVENTORY_ORPHAN,
				"no kept map of the generation in force");
	}
}
