/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/inventory_judge.h"

#include <stdio.h>

#include "daemon/kernel/selector.h"

enum inventory_class inventory_class_of_bank(const struct unit_view *view, int bank)
{
	return bank == unit_view_active(view) ? INVENTORY_OWNED : INVENTORY_FORMER;
}

void inventory_chain(const struct unit_view *view, int bank, char *chain, size_t size)
{
	(void)snprintf(chain, size, "selector %s%s" ARROW "gen-%u",
		       bank == unit_view_active(view) ? "bank " : "former bank ", bank_name(bank),
		       view->selector.generation[bank]);
}

const struct inventory_object *inventory_unit_pin(const struct inventory_unit *unit,
						  const char *place, const char *pin)
{
	char path[PIN_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/hooks/%s/%s", unit->name, place, pin);
	return inventory_find(unit->all, path);
}

uint32_t inventory_unit_pin_id(const struct inventory_unit *unit, const char *place,
			       const char *pin)
{
	const struct inventory_object *object = inventory_unit_pin(unit, place, pin);

	return object ? object->pinned.id : 0;
}

static const char *kind_of_link(const struct inventory_object *link)
{
	if (link && link->pinned.holds_event)
		return "event in map";
	return link && link->pinned.is_anchor ? "what is at map" : "link";
}

void inventory_unit_link_text(const struct inventory_unit *unit, const char *place,
			      char text[INVENTORY_LINK_TEXT_MAX])
{
	const struct inventory_object *link = inventory_unit_pin(unit, place, "link");

	(void)snprintf(text, INVENTORY_LINK_TEXT_MAX, "%s %u", kind_of_link(link),
		       link ? link->pinned.id : 0);
}

void judge_owned(const struct judgement *judgement, int bank, const char *rest)
{
	char chain[INVENTORY_CHAIN_MAX];

	inventory_chain(judgement->view, bank, chain, sizeof(chain));
	inventory_judge(judgement->object, inventory_class_of_bank(judgement->view, bank), NULL);
	inventory_refer(judgement->object, "%s%s", chain, rest);
}

void judge_moving(const struct judgement *judgement)
{
	inventory_judge(judgement->object, INVENTORY_OWNED, NULL);
	inventory_refer(judgement->object, "selector" ARROW "%s under way or cut short",
			operation_name(judgement->view->selector.operation));
}
