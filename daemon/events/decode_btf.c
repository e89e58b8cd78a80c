/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/decode_btf.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_transparent(const struct btf_type *type)
{
	return btf_is_mod(type) || btf_is_typedef(type) || btf_is_type_tag(type);
}

int type_resolve(const struct btf *btf, uint32_t id, const struct btf_type **ret, uint32_t *ret_id)
{
	for (int depth = 0; depth < TYPE_DEPTH_MAX; depth++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (!type)
			return -EINVAL;
		if (!is_transparent(type)) {
			*ret = type;
			if (ret_id)
				*ret_id = id;
			return 0;
		}
		id = type->type;
	}
	return -ELOOP;
}

static uint64_t flat_size(const struct btf *btf, const struct btf_type *type)
{
	switch (btf_kind(type)) {
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FLOAT:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return type->size;
	case BTF_KIND_PTR:
		/* Programs are 64-bit even where BTF does not tell. */
		return btf__pointer_size(btf) ?: sizeof(uint64_t);
	default:
		return 0;
	}
}

int type_size(const struct btf *btf, uint32_t id, uint64_t *ret)
{
	uint64_t factor = 1;

	for (int depth = 0; depth < TYPE_DEPTH_MAX; depth++) {
		const struct btf_type *type;
		int err = type_resolve(btf, id, &type, NULL);

		if (err)
			return err;
		if (!btf_is_array(type))
			return __builtin_mul_overflow(factor, flat_size(btf, type), ret)
				       ? -EOVERFLOW
				       : 0;
		if (__builtin_mul_overflow(factor, btf_array(type)->nelems, &factor))
			return -EOVERFLOW;
		id = btf_array(type)->type;
	}
	return -ELOOP;
}

int type_name(const struct btf *btf, uint32_t offset, const char **ret)
{
	const char *name = btf__name_by_offset(btf, offset);

	if (!name)
		return -EINVAL;
	if (strnlen(name, TYPE_NAME_MAX + 1) > TYPE_NAME_MAX)
		return -ENAMETOOLONG;
	*ret = name;
	return 0;
}

/* Of an array, its elements and how many they are. */
static void describe_array(const struct btf *btf, const struct btf_array *array, char *text,
			   size_t size)
{
	const struct btf_type *element;
	char element_text[128];

	if (type_resolve(btf, array->type, &element, NULL) < 0 || btf_is_array(element)) {
		(void)snprintf(text, size, "array[%u]", array->nelems);
		return;
	}
	type_describe(btf, element, element_text, sizeof(element_text));
	(void)snprintf(text, size, "%s[%u]", element_text, array->nelems);
}

void type_describe(const struct btf *btf, const struct btf_type *type, char *text, size_t size)
{
	const char *name = btf__name_by_offset(btf, type->name_off);
	bool has_name = name && *name;

	if (btf_is_array(type))
		describe_array(btf, btf_array(type), text, size);
	else if (btf_is_composite(type))
		(void)snprintf(text, size, "%s %s", btf_is_struct(type) ? "struct" : "union",
			       has_name ? name : "without a name");
	else if (btf_is_any_enum(type))
		(void)snprintf(text, size, "enum %s", has_name ? name : "without a name");
	else if (btf_is_ptr(type))
		(void)snprintf(text, size, "pointer");
	else
		(void)snprintf(text, size, "%s", has_name ? name : "type without a name");
}

bool type_is_number(const struct btf_type *type, uint64_t size)
{
	if (size != 1 && size != 2 && size != 4 && size != 8)
		return false;
	return btf_is_int(type) || btf_is_any_enum(type) || btf_is_ptr(type);
}

bool type_is_char(const struct btf *btf, const struct btf_type *type)
{
	const char *name;

	if (!btf_is_int(type) || type->size != 1)
		return false;
	if (btf_int_encoding(type) & BTF_INT_CHAR)
		return true;
	return type_name(btf, type->name_off, &name) == 0 && strcmp(name, "char") == 0;
}

bool type_is_byte(const struct btf *btf, const struct btf_type *type)
{
	if (!btf_is_int(type) || type->size != 1 || type_is_partial(type))
		return false;
	return type_is_char(btf, type) ||
	       !(btf_int_encoding(type) & (BTF_INT_SIGNED | BTF_INT_BOOL));
}

bool type_is_partial(const struct btf_type *type)
{
	return btf_is_int(type) &&
	       (btf_int_offset(type) != 0 || btf_int_bits(type) != type->size * 8);
}
