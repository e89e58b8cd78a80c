/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of each hook, told to people: the part of match.h that reports. */
#include <string.h>

#include "daemon/loader/match.h"

/* The hook of this name in the generation in force, if it is attached elsewhere. */
static const struct manifest_hook *retargeted_from(const struct loading *loading,
						   const struct loading_hook *hook)
{
	const struct manifest_hook *before =
		loading->active ? manifest_find_hook(loading->active, hook->config->name) : NULL;

	return before && !attach_equal(&before->attach, &hook->attach) ? before : NULL;
}

static const struct manifest_hook *in_force_at(const struct loading *loading, const char *place)
{
	return loading->active ? manifest_find_place(loading->active, place) : NULL;
}

static bool is_converted(const struct loading *loading, const char *place)
{
	for (size_t i = 0; i < loading->converted_count; i++)
		if (strcmp(loading->converted[i]->place, place) == 0)
			return true;
	return false;
}

static json_t *attach_text(const struct attach *attach)
{
	char text[ATTACH_TARGET_MAX + ATTACH_DETAIL_MAX];

	if (attach_format(attach, text, sizeof(text)) < 0)
		text[0] = '\0';
	return json_string(text);
}

static const char *change_of(const struct loading *loading, const struct loading_hook *hook,
			     json_t **ret_from)
{
	const struct manifest_hook *elsewhere = retargeted_from(loading, hook);
	const struct manifest_hook *before = in_force_at(loading, hook->place);

	*ret_from = NULL;
	if (elsewhere) {
		*ret_from = attach_text(&elsewhere->attach);
		return "retargeted";
	}
	if (!before)
		return "added";
	if (strcmp(before->name, hook->config->name) != 0) {
		*ret_from = json_string(before->name);
		return "renamed";
	}
	return is_converted(loading, hook->place) ? "converted" : "same";
}

static json_t *report_hook(const struct loading *loading, const struct loading_hook *hook)
{
	json_t *from;
	const char *change = change_of(loading, hook, &from);

	return json_pack("{s:s, s:s, s:o*, s:o, s:s, s:s, s:s}", "name", hook->config->name,
			 "change", change, "from", from, "attach", attach_text(&hook->attach),
			 "program", hook->config->program, "way", way_name(hook->way), "why",
			 hook->why);
}

static enum way way_at(const struct loading *loading, const char *name)
{
	const struct place *place = places_find(&loading->places, name);

	if (is_converted(loading, name))
		return WAY_ENTRY;
	return place ? place_way(place) : WAY_LINK;
}

/* Under no name and at no place of the new generation. */
static bool is_removed(const struct loading *loading, const struct manifest_hook *before)
{
	for (size_t i = 0; i < loading->hook_count; i++)
		if (strcmp(loading->hooks[i].config->name, before->name) == 0 ||
		    strcmp(loading->hooks[i].place, before->place) == 0)
			return false;
	return true;
}

json_t *hooks_report(const struct loading *loading)
{
	const struct manifest *active = loading->active;
	json_t *hooks = json_array();

	for (size_t i = 0; i < loading->hook_count; i++)
		json_array_append_new(hooks, report_hook(loading, &loading->hooks[i]));
	for (size_t i = 0; active && i < active->hook_count; i++) {
		const struct manifest_hook *before = &active->hooks[i];

		if (is_removed(loading, before))
			json_array_append_new(
				hooks,
				json_pack("{s:s, s:s, s:o, s:s, s:s, s:s}", "name", before->name,
					  "change", "removed", "attach",
					  attach_text(&before->attach), "program", before->program,
					  "way", way_name(way_at(loading, before->place)), "why",
					  "attached for a rollback, and neutral"));
	}
	return hooks;
}

/* Links are exchanged one by one; all entries go over in one store. */
bool hooks_are_mixed(const struct loading *loading)
{
	const struct manifest *active = loading->active;
	size_t links = 0;
	bool entries = false;

	for (size_t i = 0; i < loading->hook_count; i++) {
		entries |= loading->hooks[i].way == WAY_ENTRY;
		links += loading->hooks[i].way != WAY_ENTRY;
	}
	for (size_t i = 0; active && i < active->hook_count; i++) {
		const char *place = active->hooks[i].place;
		bool goes_on = false;

		for (size_t k = 0; k < loading->hook_count; k++)
			goes_on |= strcmp(loading->hooks[k].place, place) == 0;
		if (goes_on)
			continue;
		entries |= way_at(loading, place) == WAY_ENTRY;
		links += way_at(loading, place) != WAY_ENTRY;
	}
	return links + entries > 1 && links > 0;
}
