/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/types.h>

#include "daemon/maps/declared.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <string.h>

#include "daemon/events/decode_btf.h"

static bool is_named(const struct btf *btf, uint32_t offset, const char *wanted)
{
	const char *name;

	return type_name(btf, offset, &name) == 0 && strcmp(name, wanted) == 0;
}

/* The struct that declares the map, or NULL. */
static const struct btf_type *find_declaration(const struct btf *btf, const char *map)
{
	int id = btf__find_by_name_kind(btf, ".maps", BTF_KIND_DATASEC);
	const struct btf_type *section = id < 0 ? NULL : btf__type_by_id(btf, (uint32_t)id);

	for (unsigned i = 0; section && i < btf_vlen(section); i++) {
		const struct btf_type *variable =
			btf__type_by_id(btf, btf_var_secinfos(section)[i].type);
		const struct btf_type *type;

		if (!variable || !is_named(btf, variable->name_off, map))
			continue;
		return type_resolve(btf, variable->type, &type, NULL) == 0 && btf_is_struct(type)
			       ? type
			       : NULL;
	}
	return NULL;
}

static const struct btf_member *find_member(const struct btf *btf, const struct btf_type *type,
					    const char *name)
{
	for (unsigned i = 0; i < btf_vlen(type); i++)
		if (is_named(btf, btf_members(type)[i].name_off, name))
			return &btf_members(type)[i];
	return NULL;
}

/* `__array(values, struct T)` is an array of pointers to T, which declares the maps in it. */
static const struct btf_type *find_inner(const struct btf *btf, const struct btf_type *declaration)
{
	const struct btf_member *values = find_member(btf, declaration, "values");
	const struct btf_type *type;

	if (!values || type_resolve(btf, values->type, &type, NULL) < 0 || !btf_is_array(type) ||
	    type_resolve(btf, btf_array(type)->type, &type, NULL) < 0 || !btf_is_ptr(type) ||
	    type_resolve(btf, type->type, &type, NULL) < 0)
		return NULL;
	return btf_is_struct(type) ? type : NULL;
}

/* `__type(key, T)` is a pointer to T of that name; `__uint(key_size, N)` has no type. */
static uint32_t find_part(const struct btf *btf, const struct btf_type *declaration,
			  const char *name, uint32_t size)
{
	const struct btf_member *member = find_member(btf, declaration, name);
	const struct btf_type *pointer;
	uint64_t has;

	if (!member || type_resolve(btf, member->type, &pointer, NULL) < 0 ||
	    !btf_is_ptr(pointer) || type_size(btf, pointer->type, &has) < 0 || has != size)
		return 0;
	return pointer->type;
}

struct btf *declared_types(int program_fd, const char *map, bool of_inner,
			   struct entry_settings *entry)
{
	const struct btf_type *declaration;
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);
	struct btf *btf;

	if (bpf_obj_get_info_by_fd(program_fd, &info, &length) < 0 || !info.btf_id)
		return NULL;
	btf = btf__load_from_kernel_by_id(info.btf_id);
	declaration = btf ? find_declaration(btf, map) : NULL;
	if (declaration && of_inner)
		declaration = find_inner(btf, declaration);
	if (!declaration) {
		btf__free(btf);
		return NULL;
	}
	entry->key.type = find_part(btf, declaration, "key", entry->key.size);
	entry->value.type = find_part(btf, declaration, "value", entry->value.size);
	return btf;
}
