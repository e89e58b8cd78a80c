/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layout of one unit's directory, and what each object in it is there for. */
#include <bpf/bpf.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/kernel/anchor.h"
#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/inventory_build.h"
#include "daemon/kernel/selector.h"
#include "daemon/kernel/unit_view.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#define ARROW INVENTORY_ARROW

#define LINK_TEXT_MAX 40

struct judgement {
	const struct inventory_unit *unit;
	const struct unit_view *view;
	struct inventory_object *object;
	uint32_t generation; /* of gen-N and what is in it */
	const char *name;    /* last part of the path */
	char place[PLACE_NAME_MAX];
};

/* ---- what the view knows ---- */

static int bank_of(const struct unit_view *view, uint32_t generation)
{
	for (int bank = 0; bank < EBPFD_BANKS; bank++)
		if (view->selector.generation[bank] == generation)
			return bank;
	return BANK_NONE;
}

enum inventory_class inventory_class_of_bank(const struct unit_view *view, int bank)
{
	return bank == unit_view_active(view) ? INVENTORY_OWNED : INVENTORY_FORMER;
}

static const struct manifest_hook *hook_in(const struct unit_view *view, int bank,
					   const char *place)
{
	return view->banks[bank] ? manifest_find_place(view->banks[bank], place) : NULL;
}

/* The bank whose generation has a hook there, the active one first; BANK_NONE if none has. */
static int bank_with_hook(const struct unit_view *view, const char *place)
{
	int active = unit_view_active(view);

	if (hook_in(view, active, place))
		return active;
	return hook_in(view, !active, place) ? !active : BANK_NONE;
}

static bool some_manifest_is_unreadable(const struct unit_view *view)
{
	for (int bank = 0; bank < EBPFD_BANKS; bank++)
		if (view->selector.generation[bank] && !view->banks[bank])
			return true;
	return false;
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

static const struct inventory_object *find_pin(const struct inventory_unit *unit, const char *place,
					       const char *pin)
{
	char path[PIN_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/hooks/%s/%s", unit->name, place, pin);
	return inventory_find(unit->all, path);
}

static uint32_t pin_id(const struct inventory_unit *unit, const char *place, const char *pin)
{
	const struct inventory_object *object = find_pin(unit, place, pin);

	return object ? object->pinned.id : 0;
}

/* What the link of a place runs. An event that a map holds runs the entry. 0: nothing. */
static uint32_t link_program(const struct inventory_unit *unit, const char *place)
{
	const struct inventory_object *link = find_pin(unit, place, "link");

	if (!link)
		return 0;
	return link->pinned.holds_event ? pin_id(unit, place, "entry") : link->pinned.program_id;
}

static const char *kind_of_link(const struct inventory_object *link)
{
	if (link && link->pinned.holds_event)
		return "event in map";
	return link && link->pinned.is_anchor ? "what is at map" : "link";
}

/* "link 17", "event in map 17" (held_event.h), or "what is at map 17" (anchor.h). */
static void link_text(const struct inventory_unit *unit, const char *place,
		      char text[LINK_TEXT_MAX])
{
	const struct inventory_object *link = find_pin(unit, place, "link");

	(void)snprintf(text, LINK_TEXT_MAX, "%s %u", kind_of_link(link),
		       link ? link->pinned.id : 0);
}

void inventory_chain(const struct unit_view *view, int bank, char *chain, size_t size)
{
	(void)snprintf(chain, size, "selector %s%s" ARROW "gen-%u",
		       bank == unit_view_active(view) ? "bank " : "former bank ", bank_name(bank),
		       view->selector.generation[bank]);
}

/* ---- judging ---- */

static void judge_plain(const struct judgement *judgement)
{
	inventory_judge(judgement->object, INVENTORY_OWNED, NULL);
	inventory_refer(judgement->object, "unit %s", judgement->unit->name);
}

/* Adds the chain of the bank with what leads from there to the object. */
static void own(const struct judgement *judgement, int bank, const char *rest)
{
	char chain[INVENTORY_CHAIN_MAX];

	inventory_chain(judgement->view, bank, chain, sizeof(chain));
	inventory_judge(judgement->object, inventory_class_of_bank(judgement->view, bank), NULL);
	inventory_refer(judgement->object, "%s%s", chain, rest);
}

static void judge_moving(const struct judgement *judgement)
{
	inventory_judge(judgement->object, INVENTORY_OWNED, NULL);
	inventory_refer(judgement->object, "selector" ARROW "%s under way or cut short",
			operation_name(judgement->view->selector.operation));
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

static void judge_generation(const struct judgement *judgement)
{
	int bank;

	if (take_bank(judgement, &bank))
		own(judgement, bank, "");
}

static void judge_manifest(const struct judgement *judgement)
{
	const struct unit_view *view = judgement->view;
	int bank;

	if (!take_bank(judgement, &bank))
		return;
	own(judgement, bank, ARROW "manifest");
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
	char chain[INVENTORY_CHAIN_MAX], link[LINK_TEXT_MAX];

	link_text(unit, hook->place, link);
	inventory_chain(judgement->view, bank, chain, sizeof(chain));
	if (find_pin(unit, hook->place, "entry"))
		inventory_refer(object,
				"%s" ARROW "progs/%s" ARROW "slot %s of hook %s" ARROW
				"entry %u" ARROW "%s",
				chain, judgement->name, bank_name(bank), hook->name,
				pin_id(unit, hook->place, "entry"), link);
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

static void judge_program(const struct judgement *judgement)
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
		own(judgement, bank, rest);
	}
}

static void check_map(const struct judgement *judgement, const struct manifest_map *map)
{
	struct inventory_object *object = judgement->object;

	if (object->pinned.id != map->id)
		inventory_judge(object, object->class, "is map %u, its manifest says %u",
				object->pinned.id, map->id);
}

static void judge_map(const struct judgement *judgement)
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
	own(judgement, bank, rest);
	if (map)
		check_map(judgement, map);
}

/* A kept map of the active generation, under its plain name. */
static void judge_kept(const struct judgement *judgement)
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
		own(judgement, active, rest);
		if (map)
			check_map(judgement, map);
	} else {
		inventory_judge(judgement->object, INVENTORY_ORPHAN,
				"no kept map of the generation in force");
	}
}

/*
 * True if a live generation has the hook. Else the object is judged: an operation may be about to
 * need it or to remove it, and what cannot be read may name it.
 */
static bool take_hook(const struct judgement *judgement, int *ret_bank)
{
	const struct unit_view *view = judgement->view;

	*ret_bank = bank_with_hook(view, judgement->place);
	if (*ret_bank != BANK_NONE)
		return true;
	if (unit_view_is_moving(view)) {
		judge_moving(judgement);
	} else if (some_manifest_is_unreadable(view)) {
		inventory_judge(judgement->object, INVENTORY_OWNED, NULL);
		inventory_refer(judgement->object, "unit %s, a manifest of which cannot be read",
				judgement->unit->name);
	} else {
		inventory_judge(judgement->object, INVENTORY_ORPHAN, "no manifest names this hook");
	}
	return false;
}

static void judge_hook(const struct judgement *judgement)
{
	char rest[PLACE_NAME_MAX + 16];
	int bank;

	(void)snprintf(rest, sizeof(rest), ARROW "hook %s", judgement->place);
	if (take_hook(judgement, &bank))
		own(judgement, bank, rest);
}

static void own_at_hook(const struct judgement *judgement, int bank)
{
	const struct inventory_unit *unit = judgement->unit;
	char link[LINK_TEXT_MAX], rest[256];

	link_text(unit, judgement->place, link);
	(void)snprintf(rest, sizeof(rest), ARROW "hook %s" ARROW "%s" ARROW "program %u" ARROW "%s",
		       judgement->place, link, link_program(unit, judgement->place),
		       judgement->name);
	/* A link is where the chain ends. */
	if (strcmp(judgement->name, "link") == 0)
		(void)snprintf(rest, sizeof(rest), ARROW "hook %s" ARROW "%s", judgement->place,
			       link);
	own(judgement, bank, rest);
}

/* What a bank has at the place: its generation's program, else the neutral one. */
static uint32_t program_at(const struct judgement *judgement, int bank)
{
	const struct manifest_hook *hook = hook_in(judgement->view, bank, judgement->place);

	return hook ? hook->program_id : pin_id(judgement->unit, judgement->place, "neutral");
}

/* The link says so, whatever a manifest said when it was made. */
static bool runs_entry(const struct judgement *judgement)
{
	uint32_t entry = pin_id(judgement->unit, judgement->place, "entry");

	return entry && link_program(judgement->unit, judgement->place) == entry;
}

static bool is_by_entry(const struct unit_view *view, const char *place)
{
	for (int bank = 0; bank < EBPFD_BANKS; bank++) {
		const struct manifest_hook *hook = hook_in(view, bank, place);

		if (hook && hook->way == WAY_ENTRY)
			return true;
	}
	return false;
}

static void judge_entry(const struct judgement *judgement)
{
	int bank;

	if (!take_hook(judgement, &bank))
		return;
	own_at_hook(judgement, bank);
	if (!is_by_entry(judgement->view, judgement->place) && !runs_entry(judgement) &&
	    !unit_view_is_moving(judgement->view))
		inventory_judge(judgement->object, judgement->object->class,
				"this hook's program is swapped by link and needs none");
}

static void check_slot(const struct judgement *judgement, int slots, int bank)
{
	uint32_t index = (uint32_t)bank, id = 0, expected = program_at(judgement, bank);

	/* What is in the slot of an empty bank, or of one that cannot be read, nobody knows. */
	if (!judgement->view->banks[bank])
		return;
	(void)bpf_map_lookup_elem(slots, &index, &id);
	if (id != expected)
		inventory_judge(judgement->object, judgement->object->class,
				"slot %s holds program %u instead of %u", bank_name(bank), id,
				expected);
}

/* What speaks where a bank has no program. */
static void judge_neutral(const struct judgement *judgement)
{
	int bank;

	if (take_hook(judgement, &bank))
		own_at_hook(judgement, bank);
}

static void judge_slots(const struct judgement *judgement)
{
	int active = unit_view_active(judgement->view);
	char path[PIN_PATH_MAX];
	cleanup_close int slots = -1;

	judge_entry(judgement);
	if (judgement->object->problem || unit_view_is_moving(judgement->view) ||
	    judgement->object->class > INVENTORY_FORMER)
		return;
	pin_path(path, judgement->unit->root, "%s", judgement->object->path);
	slots = pinned_open(path);
	check_slot(judgement, slots, !active);
	check_slot(judgement, slots, active);
}

static void judge_link(const struct judgement *judgement)
{
	const struct unit_view *view = judgement->view;
	struct inventory_object *object = judgement->object;
	bool by_entry = is_by_entry(view, judgement->place);
	uint32_t expected;
	int bank;

	if (!take_hook(judgement, &bank))
		return;
	own_at_hook(judgement, bank);
	if (unit_view_is_moving(view) || runs_entry(judgement))
		return;
	expected = by_entry ? pin_id(judgement->unit, judgement->place, "entry")
			    : program_at(judgement, unit_view_active(view));
	if (object->pinned.program_id != expected)
		inventory_judge(object, object->class, "runs program %u instead of %s %u",
				object->pinned.program_id,
				by_entry ? "its entry" : "the generation's", expected);
}

/* What the kernel says runs where an anchor is. */
static void look_at_anchor(const struct judgement *judgement)
{
	cleanup_close int fd = -1;
	struct bpf_link_info info;
	char path[PIN_PATH_MAX];

	pin_path(path, judgement->unit->root, "%s", judgement->object->path);
	fd = pinned_open(path);
	if (fd >= 0 && anchor_look(fd, &info) == 0)
		judgement->object->pinned.program_id = info.prog_id;
}

/* What stands for a link. */
static void judge_link_map(const struct judgement *judgement)
{
	const struct pinned *pinned = &judgement->object->pinned;
	int bank;

	if (pinned->is_anchor) {
		look_at_anchor(judgement);
		judge_link(judgement);
	} else if (!pinned->holds_event)
		inventory_judge(judgement->object, INVENTORY_FOREIGN,
				"a link belongs here, or a map that stands for one");
	else if (take_hook(judgement, &bank))
		own_at_hook(judgement, bank);
}

static void judge_staged_link(const struct judgement *judgement)
{
	inventory_judge(judgement->object, INVENTORY_ORPHAN,
			"staged for a rename that did not come");
}

/* ---- the layout ---- */

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

/* ---- what ought to be there ---- */

static void expect_pin(const struct judgement *of, enum inventory_class class, const char *format,
		       ...) PRINTF_LIKE(3, 4);

static void expect_pin(const struct judgement *of, enum inventory_class class, const char *format,
		       ...)
{
	const struct pinned none = {.kind = PIN_MISSING};
	struct inventory *missing = of->unit->missing;
	char path[PIN_PATH_MAX], rest[PIN_PATH_MAX / 2];
	struct inventory_object *object;
	va_list values;

	va_start(values, format);
	(void)vsnprintf(rest, sizeof(rest), format, values);
	va_end(values);
	pin_path(path, of->unit->name, "%s", rest);
	if (inventory_find(of->unit->all, path))
		return;
	for (size_t i = 0; i < missing->count; i++)
		if (strcmp(missing->objects[i].path, path) == 0)
			return;
	object = inventory_append(missing, path, &none);
	if (object)
		inventory_judge(object, class, "is not there");
}

static void expect_name(const struct judgement *of, enum inventory_class class, const char *folder,
			const char *name)
{
	char encoded[OBJECT_NAME_MAX];

	if (bpffs_encode_name(name, encoded, sizeof(encoded)) == 0)
		expect_pin(of, class, "%s/%s", folder, encoded);
}

static void expect_hook(const struct judgement *of, enum inventory_class class,
			const struct manifest_hook *hook)
{
	expect_pin(of, class, "hooks/%s/link", hook->place);
	expect_pin(of, class, "hooks/%s/neutral", hook->place);
	if (hook->way != WAY_ENTRY)
		return;
	expect_pin(of, class, "hooks/%s/slots", hook->place);
	expect_pin(of, class, "hooks/%s/entry", hook->place);
}

static void expect_generation(const struct judgement *of, int bank)
{
	const struct manifest *manifest = of->view->banks[bank];
	enum inventory_class class = inventory_class_of_bank(of->view, bank);
	uint32_t number = of->view->selector.generation[bank];
	char progs[32], maps[32];

	if (!number)
		return;
	expect_pin(of, class, "gen-%u/manifest", number);
	if (!manifest)
		return;
	(void)snprintf(progs, sizeof(progs), "gen-%u/progs", number);
	(void)snprintf(maps, sizeof(maps), "gen-%u/maps", number);
	for (size_t i = 0; i < manifest->hook_count; i++) {
		expect_name(of, class, progs, manifest->hooks[i].program);
		expect_hook(of, class, &manifest->hooks[i]);
	}
	for (size_t i = 0; i < manifest->map_count; i++) {
		expect_name(of, class, maps, manifest->maps[i].name);
		if (manifest->maps[i].kept && class == INVENTORY_OWNED)
			expect_name(of, class, "maps", manifest->maps[i].name);
	}
}

static void expect_all(const struct judgement *of)
{
	int active = unit_view_active(of->view);

	/* In the middle of an operation, what is missing may be on its way. */
	if (of->view->state != UNIT_VIEW_IN_FORCE || unit_view_is_moving(of->view) ||
	    orphaned(of->unit, of->view))
		return;
	expect_pin(of, INVENTORY_OWNED, "ledger");
	expect_generation(of, active);
	expect_generation(of, !active);
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
	expect_all(&whole);
	unit_view_free(view);
	return 0;
}
