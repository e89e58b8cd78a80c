/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/decode_compiler.h"

#include <bpf/btf.h>
#include <errno.h>

#include "daemon/events/decode_btf.h"
#include "lib/macro.h"

int compiler_add_value(struct compiler *compiler, struct value value, uint64_t offset)
{
	struct decoder *decoder = compiler->decoder;
	struct value *values;
	int err;

	if (offset > compiler->record_size ||
	    (uint64_t)value.size * value.count > compiler->record_size - offset)
		return failure_set(compiler->failure, OUTCOME_FAILED, -EINVAL,
				   "Record=%s: the object's BTF is broken: a field lies outside of "
				   "its struct; build the object again",
				   compiler->record);
	values = compiler_grow(decoder->values, decoder->value_count, sizeof(*values));
	if (!values)
		return compiler_out_of_memory(compiler);
	decoder->values = values;
	value.offset = offset;
	err = compiler_take_pending(compiler, &value.before);
	if (err)
		return err;
	values[decoder->value_count++] = value;
	return 0;
}

int compiler_add_bytes(struct compiler *compiler, uint64_t offset, uint64_t size)
{
	struct value value = {.kind = VALUE_BYTES, .count = 1};

	value.size = MIN(size, (uint64_t)UINT32_MAX);
	return compiler_add_value(compiler, value, offset);
}

static enum value_kind number_kind(const struct btf_type *type)
{
	if (btf_is_any_enum(type))
		return VALUE_ENUM;
	if (btf_is_ptr(type))
		return VALUE_HEX;
	if (btf_int_encoding(type) & BTF_INT_BOOL)
		return VALUE_BOOL;
	return btf_int_encoding(type) & BTF_INT_SIGNED ? VALUE_SIGNED : VALUE_UNSIGNED;
}

/* A number or an array of numbers. */
static int add_numbers(struct compiler *compiler, uint32_t id, const struct btf_type *type,
		       struct value value, uint64_t offset)
{
	int err;

	value.kind = number_kind(type);
	if (value.kind == VALUE_ENUM) {
		err = compiler_add_enum(compiler, id, type, &value.enum_index);
		if (err)
			return err;
	}
	return compiler_add_value(compiler, value, offset);
}

static int add_object(struct compiler *compiler, const struct btf_type *type, uint64_t offset,
		      unsigned depth)
{
	struct scope scope = {.base = offset, .depth = depth + 1};
	int err = compiler_pend(compiler, "{");

	if (!err)
		err = compiler_add_members(compiler, type, 0, &scope);
	return err ?: compiler_pend(compiler, "}");
}

/* An array of what is no number: one element after the other. */
static int add_elements(struct compiler *compiler, const struct btf_array *array, uint64_t size,
			uint64_t offset, unsigned depth)
{
	int err = compiler_pend(compiler, "[");

	for (uint32_t i = 0; !err && i < array->nelems; i++) {
		err = compiler_use_field(compiler);
		if (!err && i > 0)
			err = compiler_pend(compiler, ",");
		if (!err)
			err = compiler_add_type(compiler, array->type, offset + i * size,
						depth + 1);
	}
	return err ?: compiler_pend(compiler, "]");
}

static int add_array(struct compiler *compiler, const struct btf_array *array, uint64_t offset,
		     unsigned depth)
{
	struct value value = {.is_array = true, .count = array->nelems};
	const struct btf_type *type;
	uint64_t size;
	uint32_t id;
	int err = type_resolve(compiler->btf, array->type, &type, &id);

	if (!err)
		err = type_size(compiler->btf, id, &size);
	if (err)
		return compiler_broken_type(compiler, err);
	if (type_is_char(compiler->btf, type)) {
		value = (struct value){.kind = VALUE_TEXT, .size = array->nelems, .count = 1};
		return compiler_add_value(compiler, value, offset);
	}
	if (type_is_number(type, size) && !type_is_partial(type)) {
		value.size = size;
		return add_numbers(compiler, id, type, value, offset);
	}
	return add_elements(compiler, array, size, offset, depth);
}

int compiler_add_type(struct compiler *compiler, uint32_t id, uint64_t offset, unsigned depth)
{
	const struct btf_type *type;
	uint64_t size;
	int err = compiler_check_depth(compiler, depth);

	if (err)
		return err;
	err = type_resolve(compiler->btf, id, &type, &id);
	if (!err)
		err = type_size(compiler->btf, id, &size);
	if (err)
		return compiler_broken_type(compiler, err);
	if (btf_is_composite(type))
		return add_object(compiler, type, offset, depth);
	if (btf_is_array(type))
		return add_array(compiler, btf_array(type), offset, depth);
	if (type_is_number(type, size) && !type_is_partial(type))
		return add_numbers(compiler, id, type, (struct value){.size = size, .count = 1},
				   offset);
	return compiler_add_bytes(compiler, offset, size);
}
