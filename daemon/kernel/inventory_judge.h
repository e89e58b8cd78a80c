/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each object in a unit's directory is there for. The layout, in inventory_unit.c, has a judge
 * for each name in it; private to the inventory of a unit.
 */
#pragma once

#include "daemon/kernel/inventory_build.h"
#include "daemon/kernel/unit_view.h"

#define INVENTORY_LINK_TEXT_MAX 40

struct judgement {
	const struct inventory_unit *unit;
	const struct unit_view *view;
	struct inventory_object *object;
	uint32_t generation; /* of gen-N and what is in it */
	const char *name;    /* last part of the path */
	char place[PLACE_NAME_MAX];
};

/* What belongs to a generation. */
void judge_generation(const struct judgement *judgement);
void judge_manifest(const struct judgement *judgement);
void judge_program(const struct judgement *judgement);
void judge_map(const struct judgement *judgement);

/* A kept map of the active generation, under its plain name. */
void judge_kept(const struct judgement *judgement);

/* What belongs to a hook. */
void judge_hook(const struct judgement *judgement);
void judge_entry(const struct judgement *judgement);
void judge_slots(const struct judgement *judgement);
void judge_neutral(const struct judgement *judgement);
void judge_link(const struct judgement *judgement);
void judge_staged_link(const struct judgement *judgement);

/* A map in the place of a link: what stands for one (held_event.h, anchor.h). */
void judge_link_map(const struct judgement *judgement);

/* As what the bank needs: adds the chain of the bank with what leads from there to the object. */
void judge_owned(const struct judgement *judgement, int bank, const char *rest);

/* As what an operation under way may be about to need or to remove. */
void judge_moving(const struct judgement *judgement);

/* Adds to the unit's `missing` what the generations in its banks need and have not. */
void inventory_expect(const struct inventory_unit *unit, const struct unit_view *view);

/* hooks/PLACE/PIN, and its id; NULL and 0 if it is not there. */
const struct inventory_object *inventory_unit_pin(const struct inventory_unit *unit,
						  const char *place, const char *pin);
uint32_t inventory_unit_pin_id(const struct inventory_unit *unit, const char *place,
			       const char *pin);

/* "link 17", "event in map 17" (held_event.h), or "what is at map 17" (anchor.h). */
void inventory_unit_link_text(const struct inventory_unit *unit, const char *place,
			      char text[INVENTORY_LINK_TEXT_MAX]);
