/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ROOT/shared: each name with the generations that use it, by the manifests in the banks. */
#include <stdio.h>
#include <string.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/inventory_build.h"
#include "daemon/kernel/shared_maps.h"
#include "daemon/kernel/unit_view.h"
#include "lib/str.h"

static struct inventory_object *find_pin(const struct inventory *inventory, const char *name)
{
	char path[PIN_PATH_MAX];

	(void)snprintf(path, sizeof(path), INVENTORY_SHARED "/%s", name);
	return inventory_find(inventory, path);
}

/* A name that has no pin. Seldom: the list is short. */
static struct inventory_object *expect(struct inventory *missing, const char *name)
{
	const struct pinned none = {.kind = PIN_MISSING};
	struct inventory_object *object;
	char path[PIN_PATH_MAX];

	(void)snprintf(path, sizeof(path), INVENTORY_SHARED "/%s", name);
	for (size_t i = 0; i < missing->count; i++)
		if (strcmp(missing->objects[i].path, path) == 0)
			return &missing->objects[i];
	object = inventory_append(missing, path, &none);
	if (object)
		inventory_judge(object, INVENTORY_FORMER, "is not there");
	return object;
}

/* What was found so far stays the better class, and what is wrong stays wrong. */
static void use(struct inventory_object *object, const struct unit_view *view, int bank,
		const struct manifest_map *map)
{
	enum inventory_class class = inventory_class_of_bank(view, bank);
	char chain[INVENTORY_CHAIN_MAX];

	if (object->class > INVENTORY_FORMER)
		inventory_judge(object, class, NULL);
	else if (class < object->class)
		object->class = class;
	if (object->pinned.kind == PIN_MAP && object->pinned.id != map->id)
		inventory_judge(object, object->class, "is map %u, manifests say %u",
				object->pinned.id, map->id);
	inventory_chain(view, bank, chain, sizeof(chain));
	inventory_refer(object, "unit %s" ARROW "%s" ARROW "maps/%s", view->banks[bank]->unit,
			chain, map->name);
}

static bool can_be_shared(const struct inventory_object *object)
{
	return object->pinned.kind == PIN_MAP || object->pinned.kind == PIN_MISSING;
}

static void judge_by_bank(struct inventory *inventory, struct inventory *missing,
			  const struct unit_view *view, int bank)
{
	const struct manifest *manifest = view->banks[bank];

	for (size_t i = 0; manifest && i < manifest->map_count; i++) {
		const struct manifest_map *map = &manifest->maps[i];
		struct inventory_object *object;

		if (!*map->shared)
			continue;
		object = find_pin(inventory, map->shared);
		/* In the middle of an operation the name may be on its way. */
		if (!object && !unit_view_is_moving(view))
			object = expect(missing, map->shared);
		if (object && can_be_shared(object))
			use(object, view, bank, map);
	}
}

static bool has_unreadable_manifest(const struct unit_view *view)
{
	if (view->state == UNIT_VIEW_UNREADABLE)
		return true;
	for (int bank = 0; bank < EBPFD_BANKS; bank++)
		if (view->selector.generation[bank] && !view->banks[bank])
			return true;
	return false;
}

/* Who might need a map that no generation is known to use. */
struct doubt {
	bool unreadable;
	bool moving;
};

static int judge_by_unit(struct inventory *inventory, struct inventory *missing,
			 const struct unit_pins *pins, struct doubt *doubt,
			 struct failure *reterr_failure)
{
	struct unit_view *view = NULL;
	int err = unit_view_read(pins, &view, reterr_failure);

	if (err)
		return err;
	for (int bank = 0; bank < EBPFD_BANKS; bank++)
		judge_by_bank(inventory, missing, view, bank);
	doubt->unreadable |= has_unreadable_manifest(view);
	doubt->moving |= unit_view_is_moving(view);
	unit_view_free(view);
	return 0;
}

static const char *name_of(const struct inventory_object *object)
{
	const char *rest;

	return str_has_prefix(object->path, INVENTORY_SHARED "/", &rest) ? rest : "";
}

/* Before units have their say: what the layout knows is nobody's, all else is foreign. */
static void judge_alone(struct inventory_object *object)
{
	const char *name = name_of(object);

	if (!*name && object->pinned.kind == PIN_DIRECTORY) {
		inventory_judge(object, INVENTORY_OWNED, NULL);
		inventory_refer(object, "names of shared maps");
	} else if (!*name) {
		inventory_judge(object, INVENTORY_FOREIGN, "only a directory belongs here");
	} else if (*name == SHARED_STAGED && name_is_valid(name + 1) &&
		   object->pinned.kind == PIN_MAP) {
		inventory_judge(object, INVENTORY_ORPHAN, "staged for a rename that did not come");
	} else if (!name_is_valid(name)) {
		inventory_judge(object, INVENTORY_FOREIGN, "no shared map can have this name");
	} else if (object->pinned.kind != PIN_MAP) {
		inventory_judge(object, INVENTORY_FOREIGN, "only maps belong here");
	} else {
		inventory_judge(object, INVENTORY_ORPHAN, "no generation of any unit uses it");
	}
}

static void give_benefit(struct inventory_object *object, const struct doubt *doubt)
{
	if (object->class != INVENTORY_ORPHAN || (!doubt->unreadable && !doubt->moving))
		return;
	inventory_judge(object, INVENTORY_OWNED, NULL);
	inventory_refer(object, "%s",
			doubt->moving ? "perhaps a unit with an operation under way or cut short"
				      : "perhaps a unit, a manifest of which cannot be read");
}

int inventory_judge_shared(struct inventory *inventory, struct inventory *missing, const char *root,
			   struct failure *reterr_failure)
{
	struct doubt doubt = {0};
	int err = 0;

	for (size_t i = 0; i < inventory->count; i++)
		if (inventory_is_shared(&inventory->objects[i]))
			judge_alone(&inventory->objects[i]);
	for (size_t i = 0; !err && i < inventory->count; i++) {
		const struct inventory_object *object = &inventory->objects[i];
		const struct unit_pins pins = {.root = root, .unit = object->path};

		if (object->pinned.kind == PIN_DIRECTORY && unit_name_is_valid(object->path))
			err = judge_by_unit(inventory, missing, &pins, &doubt, reterr_failure);
	}
	for (size_t i = 0; !err && i < inventory->count; i++)
		if (inventory_is_shared(&inventory->objects[i]))
			give_benefit(&inventory->objects[i], &doubt);
	return err;
}
