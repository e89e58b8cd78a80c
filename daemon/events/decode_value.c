/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/types.h>

#include "daemon/events/decode_compiler.h"

#include <bpf/btf.h>
#include <errno.h>

#include "daemon/events/decode_btf.h"
#include "daemon/events/json_text.h"
#include "lib/macro.h"

/* Of text and bytes, what stands around their bytes. */
static size_t text_max(const struct decoder *decoder, const struct value *value)
{
	switch ((enum value_kind)value->kind) {
	case VALUE_ENUM:
		return decoder->enums[value->enum_index].text_max;
	case VALUE_TEXT:
		return JSON_TEXT_MAX(0);
	case VALUE_BYTES:
		return JSON_HEX_BYTES_MAX(0);
	case VALUE_UNSIGNED_128:
	case VALUE_SIGNED_128:
	case VALUE_HEX_128:
		return MAX(JSON_NUMBER_128_MAX + NUMBER_QUOTES, JSON_HEX_NUMBER_MAX);
	case VALUE_FLOAT:
	case VALUE_DOUBLE:
		return JSON_FLOAT_MAX;
	case VALUE_IP4:
	case VALUE_IP6:
	case VALUE_MAC:
		return JSON_ADDRESS_MAX;
	case VALUE_UNSIGNED:
	case VALUE_SIGNED:
	case VALUE_PORT:
		/* A bit is less than 0.302 digits; one more begins, and one is the sign. */
		return (64 - value->unused) * 3 / 10 + 2 + NUMBER_QUOTES;
	case VALUE_HEX:
		return sizeof("\"0x\"") + (64 - value->unused) / 4;
	case VALUE_BOOL:
		return sizeof("false");
	case VALUE_NS:
		return JSON_SECONDS_MAX;
	case VALUE_UNSIGNED_TEXT:
	case VALUE_SIGNED_TEXT:
	case VALUE_UNSIGNED_128_TEXT:
	case VALUE_SIGNED_128_TEXT:
	case VALUE_ENUM_TEXT:
		break; /* are made of others, which have room for their quotes */
	}
	__builtin_unreachable();
}

int compiler_add_value(struct compiler *compiler, struct value value, const struct place *place)
{
	struct decoder *decoder = compiler->decoder;
	uint64_t size = (uint64_t)value.size * value.count;
	struct value *values;
	int err;

	if (place->offset > compiler->size || size > compiler->size - place->offset)
		return failure_set(compiler->failure, OUTCOME_FAILED, -EINVAL,
				   "%s: the object's BTF is broken: a field lies outside of "
				   "its struct; build the object again",
				   compiler->subject);
	compiler->end = MAX(compiler->end, place->offset + size);
	values = compiler_grow(decoder->values, decoder->value_count, sizeof(*values));
	if (!values)
		return compiler_out_of_memory(compiler);
	decoder->values = values;
	value.offset = place->offset;
	value.text_max = text_max(decoder, &value) + 1;
	value.after = place->after;
	err = compiler_take_pending(compiler, &value.before);
	if (err)
		return err;
	values[decoder->value_count++] = value;
	return 0;
}

static enum value_kind int_kind(const struct btf_type *type)
{
	bool is_signed = btf_int_encoding(type) & BTF_INT_SIGNED;

	if (btf_int_encoding(type) & BTF_INT_BOOL)
		return VALUE_BOOL;
	if (type->size == sizeof(__int128))
		return is_signed ? VALUE_SIGNED_128 : VALUE_UNSIGNED_128;
	return is_signed ? VALUE_SIGNED : VALUE_UNSIGNED;
}

/* VALUE_BYTES for what has no better form. */
static enum value_kind kind_of(const struct btf_type *type, uint64_t size)
{
	if (btf_is_float(type) && size == sizeof(float))
		return VALUE_FLOAT;
	if (btf_is_float(type) && size == sizeof(double))
		return VALUE_DOUBLE;
	if (btf_is_int(type) && size == sizeof(__int128) && !type_is_partial(type))
		return VALUE_BOOL == int_kind(type) ? VALUE_BYTES : int_kind(type);
	if (!type_is_number(type, size))
		return VALUE_BYTES;
	if (btf_is_any_enum(type))
		return VALUE_ENUM;
	return btf_is_ptr(type) ? VALUE_HEX : int_kind(type);
}

/* How a number of 1, 2, 4 or 8 bytes is read. Of a partial integer that is no member, its bits. */
static void set_load(struct value *value, const struct btf_type *type)
{
	value->unused = 64 - 8 * value->size;
	value->load = __builtin_ctz(value->size);
	if (type_is_partial(type) && btf_int_bits(type) > 0 &&
	    btf_int_offset(type) + btf_int_bits(type) <= value->size * 8) {
		value->load = LOAD_BITS;
		value->bit = btf_int_offset(type);
		value->unused = 64 - btf_int_bits(type);
	}
}

int compiler_value_of(struct compiler *compiler, uint32_t id, struct value *ret)
{
	struct value value = {.count = 1};
	const struct btf_type *type;
	uint64_t size;
	int err = type_resolve(compiler->btf, id, &type, &id);

	if (!err)
		err = type_size(compiler->btf, id, &size);
	if (err)
		return compiler_broken_type(compiler, err);
	if (btf_is_composite(type) || btf_is_array(type))
		return 0;
	value.size = size;
	value.is_wide = size >= sizeof(uint64_t);
	value.kind = kind_of(type, size);
	if (value.kind <= VALUE_HEX)
		set_load(&value, type);
	if (value.kind == VALUE_ENUM) {
		err = compiler_add_enum(compiler, id, type, &value.enum_index);
		if (err)
			return err;
	}
	*ret = value;
	return 1;
}
