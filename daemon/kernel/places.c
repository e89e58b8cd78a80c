/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/places.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/pinned.h"
#include "lib/cleanup.h"
#include "lib/fault.h"

/* ---- reading ---- */

static struct place *find(const struct places *places, const char *name)
{
	for (size_t i = 0; i < places->count; i++)
		if (strcmp(places->all[i].name, name) == 0)
			return &places->all[i];
	return NULL;
}

const struct place *places_find(const struct places *places, const char *name)
{
	return find(places, name);
}

static int add(struct places *places, const char *name)
{
	struct place *all;

	if (places_find(places, name))
		return 0;
	all = reallocarray(places->all, places->count + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	places->all = all;
	all[places->count] = (struct place){0};
	return str_format(all[places->count++].name, sizeof(all->name), "%s", name);
}

static int add_of_hook(struct places *places, const struct manifest_hook *hook)
{
	int err = add(places, hook->place);

	if (!err)
		find(places, hook->place)->overlaps |= hook->way == WAY_OVERLAP;
	return err;
}

static int add_of_generation(struct places *places, const struct manifest *generation)
{
	int err = 0;

	for (size_t i = 0; !err && generation && i < generation->hook_count; i++)
		err = add_of_hook(places, &generation->hooks[i]);
	return err;
}

static int add_directories(struct places *places, const struct unit_pins *pins)
{
	char path[PIN_PATH_MAX];
	struct dirent *entry;
	DIR *directory;
	int err = 0;

	pin_path(path, pins->root, "%s/hooks", pins->unit);
	directory = opendir(path);
	if (!directory)
		return errno == ENOENT ? 0 : -errno;
	while (!err && (entry = readdir(directory)))
		if (entry->d_type == DT_DIR && place_name_is_valid(entry->d_name))
			err = add(places, entry->d_name);
	closedir(directory);
	return err;
}

static int look(const struct unit_pins *pins, const struct place *place, const char *pin,
		struct pinned *ret)
{
	char path[PIN_PATH_MAX];

	place_path(pins, place->name, pin, path);
	return pinned_look(path, ret);
}

static int look_at(const struct unit_pins *pins, struct place *place)
{
	struct pinned link, slots, entry, neutral;
	int err = look(pins, place, "link", &link);

	if (!err)
		err = look(pins, place, "slots", &slots);
	if (!err)
		err = look(pins, place, "entry", &entry);
	if (!err)
		err = look(pins, place, "neutral", &neutral);
	if (err)
		return err;
	place->has_link = pinned_attaches(&link);
	place->is_anchored = link.is_anchor;
	place->has_slots = slots.kind == PIN_MAP;
	place->entry = entry.kind == PIN_PROGRAM ? entry.id : 0;
	place->link_program = link.holds_event ? place->entry : link.program_id;
	place->neutral = neutral.kind == PIN_PROGRAM ? neutral.id : 0;
	return 0;
}

int places_read(const struct unit_pins *pins, const struct manifest *a, const struct manifest *b,
		struct places *ret, struct failure *reterr_failure)
{
	struct places places = PLACES_INIT;
	int err = add_of_generation(&places, a);

	if (!err)
		err = add_of_generation(&places, b);
	if (!err)
		err = add_directories(&places, pins);
	for (size_t i = 0; !err && i < places.count; i++)
		err = look_at(pins, &places.all[i]);
	if (err) {
		places_deinit(&places);
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "cannot read the pins of unit %s's hooks", pins->unit);
	}
	*ret = places;
	return 0;
}

void places_deinit(struct places *places)
{
	free(places->all);
	*places = PLACES_INIT;
}

enum way place_way(const struct place *place)
{
	if (place->is_anchored || (place->entry && place->link_program == place->entry))
		return WAY_ENTRY;
	return place->overlaps ? WAY_OVERLAP : WAY_LINK;
}

enum way place_way_now(const struct unit_pins *pins, const struct manifest_hook *hook)
{
	struct place place = {0};

	if (hook->way != WAY_LINK)
		return hook->way;
	(void)str_format(place.name, sizeof(place.name), "%s", hook->place);
	return look_at(pins, &place) < 0 ? WAY_LINK : place_way(&place);
}

uint32_t place_program(const struct place *place, const struct manifest *generation)
{
	const struct manifest_hook *hook =
		generation ? manifest_find_place(generation, place->name) : NULL;

	return hook ? hook->program_id : place->neutral;
}

bool places_have_link(const struct unit_pins *pins, const struct manifest *generation)
{
	cleanup_places struct places places = PLACES_INIT;

	if (places_read(pins, generation, NULL, &places, NULL) < 0)
		return false;
	for (size_t i = 0; i < places.count; i++)
		if (manifest_find_place(generation, places.all[i].name) &&
		    place_way(&places.all[i]) != WAY_ENTRY)
			return true;
	return false;
}

/* ---- sweeping ---- */

static bool is_named(const struct place *place, const struct manifest *generation)
{
	return generation && manifest_find_place(generation, place->name);
}

static int unpin(const struct unit_pins *pins, const struct place *place, const char *pin)
{
	char path[PIN_PATH_MAX];

	place_path(pins, place->name, pin, path);
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

static int detach(const struct unit_pins *pins, const struct place *place)
{
	char path[PIN_PATH_MAX];
	int err;

	if (!place->has_link)
		return 0;
	place_path(pins, place->name, "link", path);
	err = bpffs_remove_link(path);
	fault_point("drop", "link");
	return err;
}

static int remove_entry(const struct unit_pins *pins, const struct place *place)
{
	int err = unpin(pins, place, "entry");

	fault_point("drop", "entry");
	return err ? err : unpin(pins, place, "slots");
}

static int remove_place(const struct unit_pins *pins, const struct place *place)
{
	char path[PIN_PATH_MAX];
	int err = remove_entry(pins, place);

	if (err)
		return err;
	pin_path(path, pins->root, "%s/hooks/%s", pins->unit, place->name);
	err = bpffs_remove_tree(path);
	fault_point("drop", "place");
	return err;
}

/* The places that no generation names, all detached before any entry loses its slots. */
static int drop(const struct unit_pins *pins, const struct places *places,
		const struct barrier *barrier)
{
	bool had_entry = false;
	int result = 0;

	for (size_t i = 0; i < places->count; i++) {
		int err = detach(pins, &places->all[i]);

		had_entry |= places->all[i].has_link && places->all[i].entry;
		result = result ? result : err;
	}
	if (!result && had_entry) {
		result = barrier_wait(barrier);
		fault_point("drop", "barrier");
	}
	for (size_t i = 0; !result && i < places->count; i++)
		result = remove_place(pins, &places->all[i]);
	return result;
}

/* With another's program in the link nobody knows: the entry may have to come back. */
static bool has_unused_entry(const struct place *place, const struct manifest *active)
{
	return (place->entry || place->has_slots) && place_way(place) == WAY_LINK &&
	       place->link_program && place->link_program == place_program(place, active);
}

int places_sweep(const struct unit_pins *pins, const struct manifest *active,
		 const struct manifest *other, const struct barrier *barrier)
{
	cleanup_places struct places places = PLACES_INIT;
	size_t unneeded = 0;
	int err = places_read(pins, active, other, &places, NULL);

	for (size_t i = 0; !err && i < places.count; i++) {
		struct place place = places.all[i];

		if (!is_named(&place, active) && !is_named(&place, other))
			places.all[unneeded++] = place;
		else if (has_unused_entry(&place, active))
			err = remove_entry(pins, &place);
	}
	places.count = unneeded;
	return err ? err : drop(pins, &places, barrier);
}
