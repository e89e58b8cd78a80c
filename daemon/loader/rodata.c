/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/rodata.h"

#include <string.h>

#include "lib/str.h"

const struct btf_type *rodata_look_through(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	return type;
}

static bool is_read_only(const char *section)
{
	return str_has_prefix(section, ".rodata", NULL);
}

static bool find_in_section(const struct bpf_object *object, const struct btf_type *section,
			    const char *name, struct variable *ret)
{
	const struct btf *btf = bpf_object__btf(object);
	const struct btf_var_secinfo *info = btf_var_secinfos(section);
	const char *section_name = btf__name_by_offset(btf, section->name_off);

	for (int i = 0; i < btf_vlen(section); i++, info++) {
		const struct btf_type *variable = btf__type_by_id(btf, info->type);
		struct bpf_map *map;
		size_t size;
		char *data;

		if (strcmp(btf__name_by_offset(btf, variable->name_off), name) != 0)
			continue;
		map = bpf_object__find_map_by_name(object, section_name);
		/* The section as mapped for writing, as in a skeleton; libbpf 1.1 says const. */
		data = map ? (char *)bpf_map__initial_value(map, &size) : NULL;
		if (!data || info->offset + info->size > size)
			return false;
		*ret = (struct variable){.btf = btf,
					 .type = rodata_look_through(btf, variable->type),
					 .data = data + info->offset,
					 .size = info->size};
		return ret->type != NULL;
	}
	return false;
}

bool rodata_find(const struct bpf_object *object, const char *name, struct variable *ret)
{
	const struct btf *btf = bpf_object__btf(object);

	for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_datasec(type) &&
		    is_read_only(btf__name_by_offset(btf, type->name_off)) &&
		    find_in_section(object, type, name, ret))
			return true;
	}
	return false;
}

/* Little-endian hosts only need the low bytes; big-endian ones the high. */
void rodata_store(const struct variable *variable, uint64_t value)
{
	const char *bytes = (const char *)&value;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	bytes += sizeof(value) - variable->size;
#endif
	memcpy(variable->data, bytes, variable->size);
}
