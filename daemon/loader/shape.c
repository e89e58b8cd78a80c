/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/shape.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/macro.h"

static const char *type_name(uint32_t type)
{
	const char *name = libbpf_bpf_map_type_str((enum bpf_map_type)type);

	return name ? name : "unknown";
}

static uint32_t declared_entries(const struct bpf_map *map)
{
	uint32_t entries = bpf_map__max_entries(map);
	int cpus = libbpf_num_possible_cpus();

	if (bpf_map__type(map) == BPF_MAP_TYPE_PERF_EVENT_ARRAY && entries == 0 && cpus > 0)
		return (uint32_t)cpus;
	return entries;
}

struct map_shape map_shape_declared(const struct bpf_map *map)
{
	return (struct map_shape){
		.type = bpf_map__type(map),
		.key_size = bpf_map__key_size(map),
		.value_size = bpf_map__value_size(map),
		.max_entries = declared_entries(map),
		.flags = bpf_map__map_flags(map),
		.extra = bpf_map__map_extra(map),
	};
}

/* What libbpf compares too; with type and sizes apart, the types of the contents say nothing more.
 */
int map_shape_compare(const struct map_shape *before, const char *before_name,
		      const struct map_shape *after, const char *after_name,
		      char text[LAYOUT_TEXT_MAX])
{
	const struct {
		const char *what;
		uint64_t before, after;
	} properties[] = {
		{"key_size", before->key_size, after->key_size},
		{"value_size", before->value_size, after->value_size},
		{"max_entries", before->max_entries, after->max_entries},
		{"flags", before->flags, after->flags},
		{"map_extra", before->extra, after->extra},
	};

	if (before->type != after->type) {
		(void)snprintf(text, LAYOUT_TEXT_MAX, "type is %s (%u) in %s and %s (%u) in %s",
			       type_name(before->type), before->type, before_name,
			       type_name(after->type), after->type, after_name);
		return 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(properties); i++)
		if (properties[i].before != properties[i].after) {
			(void)snprintf(text, LAYOUT_TEXT_MAX,
				       "%s is %" PRIu64 " in %s and %" PRIu64 " in %s",
				       properties[i].what, properties[i].before, before_name,
				       properties[i].after, after_name);
			return 1;
		}
	return 0;
}

struct map_contents map_contents_declared(const struct bpf_object *object,
					  const struct bpf_map *map)
{
	return (struct map_contents){
		.btf = bpf_object__btf(object),
		.key = bpf_map__btf_key_type_id(map),
		.value = bpf_map__btf_value_type_id(map),
	};
}

int map_contents_compare(const struct map_contents *before, const struct map_contents *after,
			 char text[LAYOUT_TEXT_MAX])
{
	int differs = 0;

	if (before->key && after->key)
		differs = layout_compare("key", before->btf, before->key, after->btf, after->key,
					 text);
	if (!differs && before->value && after->value)
		differs = layout_compare("value", before->btf, before->value, after->btf,
					 after->value, text);
	return differs;
}
