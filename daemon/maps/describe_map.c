/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/types.h>

#include "daemon/maps/describe_map.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "daemon/events/decode_btf.h"
#include "lib/str.h"

#define TYPE_TEXT_MAX 160

static json_t *describe_part(const struct open_map *map, const struct entry_part *part)
{
	const struct btf_type *type;
	char text[TYPE_TEXT_MAX];

	if (part->size == 0)
		return json_null();
	if (part->type && type_resolve(map->btf, part->type, &type, NULL) == 0)
		type_describe(map->btf, type, text, sizeof(text));
	else
		(void)str_format(text, sizeof(text), part->is_number ? "number" : "%u bytes",
				 part->size);
	return json_string(text);
}

static json_t *type_name_of(uint32_t type)
{
	const char *name = libbpf_bpf_map_type_str(type);

	return json_string(name ? name : "unknown");
}

json_t *describe_map(struct open_map *map)
{
	uint32_t id;
	json_t *json;

	if (open_map_read_types(map, &id) < 0)
		return NULL;
	json = json_pack("{s:s, s:o, s:o, s:o, s:I, s:b, s:b, s:I}", "name", map->name, "type",
			 type_name_of(map->type), "key", describe_part(map, &map->entry.key),
			 "value", describe_part(map, &map->entry.value), "max_entries",
			 (json_int_t)map->max_entries, "dumped", map->kind != NULL, "written",
			 open_map_why_not_written(map) == NULL, "id", (json_int_t)id);
	if (json && map->kind && map->kind->per_cpu)
		json_object_set_new(json, "cpus", json_integer(map->cpus));
	return json;
}
