/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layout of one unit's directory, and what each object in it is there for. */
#include <fnmatch.h>
#include <string.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/inventory_judge.h"
#include "lib/str.h"

static void judge_plain(const struct judgement *judgement)
{
	inventory_judge(judgement->object, INVENTORY_OWNED, NULL);
	inventory_refer(judgement->object, "unit %s", judgement->unit->name);
}

static const struct row {
	const char *pattern; /* below the unit's directory */
	enum pin_kind kind;
	void (*judge)(const struct judgement *judgement);
} layout[] = {
	{"", PIN_DIRECTORY, judge_plain},
	{"selector", PIN_MAP, judge_plain},
	{"ledger", PIN_MAP, judge_plain},
	{"hooks", PIN_DIRECTORY, judge_plain},
	{"hooks/*", PIN_DIRECTORY, judge_hook},
	{"hooks/*/slots", PIN_MAP, judge_slots},
	{"hooks/*/entry", PIN_PROGRAM, judge_entry},
	{"hooks/*/neutral", PIN_PROGRAM, judge_neutral},
	{"hooks/*/link", PIN_LINK, judge_link},
	{"hooks/*/link", PIN_MAP, judge_link_map},
	{"hooks/*/link-new", PIN_LINK, judge_staged_link},
	{"hooks/*/link-new", PIN_MAP, judge_staged_link},
	{"hooks/*/at-*", PIN_DIRECTORY, judge_hook},
	{"maps", PIN_DIRECTORY, judge_plain},
	{"maps/*", PIN_MAP, judge_kept},
	{"gen-*", PIN_DIRECTORY, judge_generation},
	{"gen-*/manifest", PIN_MAP, judge_manifest},
	{"gen-*/progs", PIN_DIRECTORY, judge_generation},
	{"gen-*/progs/*", PIN_PROGRAM, judge_program},
	{"gen-*/maps", PIN_DIRECTORY, judge_generation},
	{"gen-*/maps/*", PIN_MAP, judge_map},
};

static const char *below(const struct judgement *judgement)
{
	const char *rest = judgement->object->path + strlen(judgement->unit->name);

	return *rest == '/' ? rest + 1 : rest;
}

/* Reads the number of gen-N and the name of hooks/PLACE; false if they are none. */
static bool read_names(struct judgement *judgement, const char *path)
{
	const char *rest;
	char digits[16];
	uint64_t number;

	judgement->name = strrchr(judgement->object->path, '/');
	judgement->name = judgement->name ? judgement->name + 1 : judgement->object->path;
	if (str_has_prefix(path, "gen-", &rest)) {
		size_t length = strcspn(rest, "/");

		/* Our own numbers are plain decimals: no sign, no zero in front. */
		if (length != strspn(rest, "0123456789") || *rest == '0' ||
		    str_format(digits, sizeof(digits), "%.*s", (int)length, rest) < 0 ||
		    str_to_u64(digits, &number) < 0 || number > UINT32_MAX)
			return false;
		judgement->generation = (uint32_t)number;
	} else if (str_has_prefix(path, "hooks/", &rest)) {
		return str_format(judgement->place, sizeof(judgement->place), "%.*s",
				  (int)strcspn(rest, "/"), rest) == 0 &&
		       place_name_is_valid(judgement->place);
	}
	return true;
}

/* Of several rows for a name, the one of the object's kind, else the first. */
static const struct row *find_row(struct judgement *judgement)
{
	const char *path = below(judgement);
	const struct row *found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(layout); i++)
		if ((!found || layout[i].kind == judgement->object->pinned.kind) &&
		    fnmatch(layout[i].pattern, path, FNM_PATHNAME) == 0)
			found = &layout[i];
	return found && read_names(judgement, path) ? found : NULL;
}

/* Why a whole unit is an orphan, or NULL. */
static const char *orphaned(const struct inventory_unit *unit, const struct unit_view *view)
{
	if (str_has_prefix(unit->name, "gone-", NULL))
		return "left by an unload that was cut short";
	if (view->state == UNIT_VIEW_UNFINISHED)
		return "left by a first load that was cut short";
	return NULL;
}

static void judge_object(struct judgement *judgement)
{
	const struct unit_view *view = judgement->view;
	const char *orphan = orphaned(judgement->unit, view);
	const struct row *row = find_row(judgement);
	enum pin_kind kind = judgement->object->pinned.kind;

	if (!row)
		inventory_judge(judgement->object, INVENTORY_FOREIGN,
				"the layout of a unit knows no such name");
	else if (kind != row->kind)
		inventory_judge(judgement->object, INVENTORY_FOREIGN, "a %s belongs here, not %s%s",
				pin_kind_name(row->kind), kind == PIN_OTHER ? "" : "a ",
				kind == PIN_OTHER ? "what is no BPF object" : pin_kind_name(kind));
	else if (orphan)
		inventory_judge(judgement->object, INVENTORY_ORPHAN, "%s", orphan);
	else if (view->state == UNIT_VIEW_UNREADABLE)
		inventory_judge(judgement->object, INVENTORY_FOREIGN, "%s", view->failure.text);
	else
		row->judge(judgement);
}

int inventory_judge_unit(const struct inventory_unit *unit, struct failure *reterr_failure)
{
	const struct unit_pins pins = {.root = unit->root, .unit = unit->name};
	struct unit_view *view = NULL;
	struct judgement whole = {.unit = unit};
	int err = unit_view_read(&pins, &view, reterr_failure);

	if (err)
		return err;
	whole.view = view;
	for (size_t i = unit->first; i < unit->end; i++) {
		struct judgement judgement = whole;

		judgement.object = &unit->all->objects[i];
		judge_object(&judgement);
	}
	/* In the middle of an operation, what is missing may be on its way. */
	if (view->state == UNIT_VIEW_IN_FORCE && !unit_view_is_moving(view) &&
	    !orphaned(unit, view))
		inventory_expect(unit, view);
	unit_view_free(view);
	return 0;
}
