/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judges what belongs to a hook: its folder, link, entry, slots and neutral program. */
#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>

#include "daemon/kernel/anchor.h"
#include "daemon/kernel/inventory_judge.h"
#include "daemon/kernel/selector.h"
#include "lib/cleanup.h"

/* ---- what the view knows ---- */

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

/* What the link of a place runs. An event that a map holds runs the entry. 0: nothing. */
static uint32_t link_program(const struct inventory_unit *unit, const char *place)
{
	const struct inventory_object *link = inventory_unit_pin(unit, place, "link");

	if (!link)
		return 0;
	return link->pinned.holds_event ? inventory_unit_pin_id(unit, place, "entry")
					: link->pinned.program_id;
}

/* ---- judging ---- */

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

void judge_hook(const struct judgement *judgement)
{
	char rest[PLACE_NAME_MAX + 16];
	int bank;

	(void)snprintf(rest, sizeof(rest), ARROW "hook %s", judgement->place);
	if (take_hook(judgement, &bank))
		judge_owned(judgement, bank, rest);
}

static void own_at_hook(const struct judgement *judgement, int bank)
{
	const struct inventory_unit *unit = judgement->unit;
	char link[INVENTORY_LINK_TEXT_MAX], rest[256];

	inventory_unit_link_text(unit, judgement->place, link);
	(void)snprintf(rest, sizeof(rest), ARROW "hook %s" ARROW "%s" ARROW "program %u" ARROW "%s",
		       judgement->place, link, link_program(unit, judgement->place),
		       judgement->name);
	/* A link is where the chain ends. */
	if (strcmp(judgement->name, "link") == 0)
		(void)snprintf(rest, sizeof(rest), ARROW "hook %s" ARROW "%s", judgement->place,
			       link);
	judge_owned(judgement, bank, rest);
}

/* What a bank has at the place: its generation's program, else the neutral one. */
static uint32_t program_at(const struct judgement *judgement, int bank)
{
	const struct manifest_hook *hook = hook_in(judgement->view, bank, judgement->place);

	return hook ? hook->program_id
		    : inventory_unit_pin_id(judgement->unit, judgement->place, "neutral");
}

/* The link says so, whatever a manifest said when it was made. */
static bool runs_entry(const struct judgement *judgement)
{
	uint32_t entry = inventory_unit_pin_id(judgement->unit, judgement->place, "entry");

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

void judge_entry(const struct judgement *judgement)
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
void judge_neutral(const struct judgement *judgement)
{
	int bank;

	if (take_hook(judgement, &bank))
		own_at_hook(judgement, bank);
}

void judge_slots(const struct judgement *judgement)
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

void judge_link(const struct judgement *judgement)
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
	expected = by_entry ? inventory_unit_pin_id(judgement->unit, judgement->place, "entry")
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
void judge_link_map(const struct judgement *judgement)
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

void judge_staged_link(const struct judgement *judgement)
{
	inventory_judge(judgement->object, INVENTORY_ORPHAN,
			"staged for a rename that did not come");
}
