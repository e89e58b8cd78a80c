/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/describe.h"

#include "daemon/kernel/places.h"
#include "daemon/kernel/shared_maps.h"
#include "daemon/kernel/skipped.h"

json_t *describe_hook(const struct unit_pins *pins, const struct manifest_hook *hook)
{
	char attach[ATTACH_TARGET_MAX + ATTACH_DETAIL_MAX];

	if (attach_format(&hook->attach, attach, sizeof(attach)) < 0)
		attach[0] = '\0';
	return json_pack("{s:s, s:s, s:s, s:s}", "name", hook->name, "attach", attach, "way",
			 way_name(place_way_now(pins, hook)), "program", hook->program);
}

static json_t *skipped_of(const struct attach *attach, uint32_t program_id)
{
	uint64_t skipped;

	if (skipped_read(attach, program_id, &skipped) < 0)
		return json_string("unverified");
	return json_integer((json_int_t)skipped);
}

json_t *describe_hook_in_force(const struct unit_pins *pins, const struct manifest_hook *hook)
{
	struct bpf_link_info link = {0}; /* no link: no ids */
	json_t *json = describe_hook(pins, hook);

	(void)place_link_info(pins, hook->place, &link);
	json_object_set_new(json, "program_id", json_integer(hook->program_id));
	json_object_set_new(json, "link_id", link.id ? json_integer(link.id) : json_null());
	json_object_set_new(json, "skipped", skipped_of(&hook->attach, link.prog_id));
	return json;
}

static json_t *describe_map(const char *root, const struct manifest_map *map)
{
	json_t *json =
		json_pack("{s:s, s:b, s:I, s:s, s:I, s:I, s:I}", "name", map->name, "kept",
			  (int)map->kept, "id", (json_int_t)map->id, "type", manifest_map_type(map),
			  "key_size", (json_int_t)map->key_size, "value_size",
			  (json_int_t)map->value_size, "max_entries", (json_int_t)map->max_entries);

	if (*map->shared) {
		json_object_set_new(json, "shared", json_string(map->shared));
		json_object_set_new(json, "users", shared_map_users(root, map->shared));
	}
	return json;
}

json_t *describe_maps(const char *root, const struct manifest *manifest)
{
	json_t *maps = json_array();

	for (size_t i = 0; i < manifest->map_count; i++)
		json_array_append_new(maps, describe_map(root, &manifest->maps[i]));
	return maps;
}

static json_t *former_of(const struct ebpfd_selector *selector)
{
	return selector->former ? json_integer(selector->generation[selector->former - 1])
				: json_null();
}

json_t *describe_unit(const char *name, const char *state, const struct ebpfd_selector *selector,
		      const struct manifest *in_force)
{
	int bank = selector ? word_bank(selector_word(selector)) : BANK_NONE;
	json_t *json =
		json_pack("{s:s, s:s, s:s}", "name", name, "state", state, "bank", bank_name(bank));

	if (selector) {
		json_object_set_new(json, "override",
				    json_string(override_name(selector->override_)));
		json_object_set_new(json, "former", former_of(selector));
	}
	if (in_force) {
		json_object_set_new(json, "generation", json_integer(in_force->generation));
		json_object_set_new(json, "since_usec",
				    json_integer((json_int_t)in_force->time_usec));
	}
	return json;
}

void describe_origin(json_t *unit, const struct ebpfd_selector *selector,
		     const struct manifest *in_force)
{
	bool override_object = selector->override_ == EBPFD_OVERRIDE_OBJECT;

	json_object_set_new(unit, "file", json_string(in_force->file));
	json_object_set_new(unit, "object", json_string(in_force->object));
	json_object_set_new(unit, "digest", json_string(in_force->digest));
	json_object_set_new(unit, "override_object",
			    override_object ? json_string(in_force->object) : json_null());
}
