/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ought to be in a unit's directory. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/inventory_judge.h"
#include "lib/macro.h"

static void expect_pin(const struct inventory_unit *unit, enum inventory_class class,
		       const char *format, ...) PRINTF_LIKE(3, 4);

static void expect_pin(const struct inventory_unit *unit, enum inventory_class class,
		       const char *format, ...)
{
	const struct pinned none = {.kind = PIN_MISSING};
	struct inventory *missing = unit->missing;
	char path[PIN_PATH_MAX], rest[PIN_PATH_MAX / 2];
	struct inventory_object *object;
	va_list values;

	va_start(values, format);
	(void)vsnprintf(rest, sizeof(rest), format, values);
	va_end(values);
	pin_path(path, unit->name, "%s", rest);
	if (inventory_find(unit->all, path))
		return;
	for (size_t i = 0; i < missing->count; i++)
		if (strcmp(missing->objects[i].path, path) == 0)
			return;
	object = inventory_append(missing, path, &none);
	if (object)
		inventory_judge(object, class, "is not there");
}

static void expect_name(const struct inventory_unit *unit, enum inventory_class class,
			const char *folder, const char *name)
{
	char encoded[OBJECT_NAME_MAX];

	if (bpffs_encode_name(name, encoded, sizeof(encoded)) == 0)
		expect_pin(unit, class, "%s/%s", folder, encoded);
}

static void expect_hook(const struct inventory_unit *unit, enum inventory_class class,
			const struct manifest_hook *hook)
{
	expect_pin(unit, class, "hooks/%s/link", hook->place);
	expect_pin(unit, class, "hooks/%s/neutral", hook->place);
	if (hook->way != WAY_ENTRY)
		return;
	expect_pin(unit, class, "hooks/%s/slots", hook->place);
	expect_pin(unit, class, "hooks/%s/entry", hook->place);
}

static void expect_generation(const struct inventory_unit *unit, const struct unit_view *view,
			      int bank)
{
	const struct manifest *manifest = view->banks[bank];
	enum inventory_class class = inventory_class_of_bank(view, bank);
	uint32_t number = view->selector.generation[bank];
	char progs[32], maps[32];

	if (!number)
		return;
	expect_pin(unit, class, "gen-%u/manifest", number);
	if (!manifest)
		return;
	(void)snprintf(progs, sizeof(progs), "gen-%u/progs", number);
	(void)snprintf(maps, sizeof(maps), "gen-%u/maps", number);
	for (size_t i = 0; i < manifest->hook_count; i++) {
		expect_name(unit, class, progs, manifest->hooks[i].program);
		expect_hook(unit, class, &manifest->hooks[i]);
	}
	for (size_t i = 0; i < manifest->map_count; i++) {
		expect_name(unit, class, maps, manifest->maps[i].name);
		if (manifest->maps[i].kept && class == INVENTORY_OWNED)
			expect_name(unit, class, "maps", manifest->maps[i].name);
	}
}

void inventory_expect(const struct inventory_unit *unit, const struct unit_view *view)
{
	int active = unit_view_active(view);

	expect_pin(unit, INVENTORY_OWNED, "ledger");
	expect_generation(unit, view, active);
	expect_generation(unit, view, !active);
}
