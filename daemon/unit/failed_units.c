/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/failed_units.h"

#include <stdlib.h>
#include <string.h>

#include "lib/utf8.h"

static void failed_unit_free(struct failed_unit *unit)
{
	if (!unit)
		return;
	free(unit->name);
	free(unit->message);
	free(unit);
}

/* What is told line by line must not begin one of its own. */
static char *copy_as_line(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return NULL;
	utf8_replace_invalid(copy);
	for (char *at = copy; *at; at++)
		if ((unsigned char)*at < ' ' || *at == '\x7f')
			*at = '?';
	return copy;
}

static struct failed_unit *failed_unit_new(const char *name, const char *message, bool configured)
{
	struct failed_unit *unit = calloc(1, sizeof(*unit));

	if (!unit)
		return NULL;
	unit->name = copy_as_line(name);
	unit->message = strdup(message);
	unit->configured = configured;
	if (unit->name && unit->message) {
		utf8_replace_invalid(unit->message);
		return unit;
	}
	failed_unit_free(unit);
	return NULL;
}

/* Where the name is, or belongs. */
static struct failed_unit **place_of(struct failed_units *failed, const char *name)
{
	struct failed_unit **place = &failed->first;

	while (*place && strcmp((*place)->name, name) < 0)
		place = &(*place)->next;
	return place;
}

static bool is_at(struct failed_unit *const *place, const char *name)
{
	return *place && strcmp((*place)->name, name) == 0;
}

static void remove_at(struct failed_unit **place)
{
	struct failed_unit *unit = *place;

	*place = unit->next;
	failed_unit_free(unit);
}

void failed_units_add(struct failed_units *failed, const char *name, const char *message,
		      bool configured)
{
	struct failed_unit *unit = failed_unit_new(name, message, configured);
	struct failed_unit **place;

	if (!unit)
		return;
	place = place_of(failed, unit->name);
	if (is_at(place, unit->name))
		remove_at(place);
	unit->next = *place;
	*place = unit;
}

void failed_units_forget(struct failed_units *failed, const char *name)
{
	struct failed_unit **place = place_of(failed, name);

	if (is_at(place, name))
		remove_at(place);
}

void failed_units_forget_configured(struct failed_units *failed)
{
	struct failed_unit **place = &failed->first;

	while (*place)
		if ((*place)->configured)
			remove_at(place);
		else
			place = &(*place)->next;
}

void failed_units_deinit(struct failed_units *failed)
{
	while (failed->first)
		remove_at(&failed->first);
}

const struct failed_unit *failed_units_find(const struct failed_units *failed, const char *name)
{
	for (const struct failed_unit *unit = failed->first; unit; unit = unit->next)
		if (strcmp(unit->name, name) == 0)
			return unit;
	return NULL;
}

json_t *failed_units_to_json(const struct failed_units *failed)
{
	json_t *all = json_array();

	for (const struct failed_unit *unit = failed->first; unit; unit = unit->next)
		json_array_append_new(
			all, json_pack("{s:s, s:s}", "unit", unit->name, "message", unit->message));
	return all;
}
