/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/decode_compiler.h"

#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "daemon/events/decode_btf.h"
#include "lib/macro.h"

/* Whether a line has the key by itself, before the members of the record. */
static bool is_key_of_line(const struct compiler *compiler, const char *name)
{
	static const char *const always[] = {"unit",  "generation", "type",	"again",
					     "error", "data",	    "truncated"};
	static const char *const of_header[] = {"cpu", "time", "number"};

	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		if (strcmp(name, always[i]) == 0)
			return true;
	for (size_t i = 0; compiler->decoder->has_header && i < ARRAY_SIZE(of_header); i++)
		if (strcmp(name, of_header[i]) == 0)
			return true;
	return false;
}

int compiler_add_key(struct compiler *compiler, const char *name, struct scope *scope)
{
	int err = scope->has_member ? compiler_pend(compiler, ",") : 0;
	char renamed[TYPE_NAME_MAX + 2];

	scope->has_member = true;
	if (scope->place.after.length == 0 && is_key_of_line(compiler, name)) {
		stpcpy(stpcpy(renamed, name), "_");
		name = renamed;
	}
	if (!err)
		err = compiler_pend_json(compiler, name);
	return err ?: compiler_pend(compiler, ":");
}

/* Members of an anonymous struct or union belong to the one around it. */
static int add_anonymous(struct compiler *compiler, const struct btf_type *type,
			 const struct place *place, struct scope *scope)
{
	struct scope inner = {.place = *place, .has_member = scope->has_member};
	int err;

	if (!btf_is_composite(type))
		return 0; /* padding */
	inner.place.depth++;
	err = compiler_add_members(compiler, type, 0, &inner);
	scope->has_member = inner.has_member;
	return err;
}

/* Where a bit field lies: bits from the start of the struct around it. */
struct bits {
	uint64_t start;
	uint32_t count; /* 0: no bit field */
};

/*
 * Today's BTF has the width in the member, that of old compilers in the integer's type, where a
 * part of the place may be as well. What is whole but not at a byte's border is a bit field, too.
 */
static struct bits find_bits(const struct btf_type *type, unsigned index,
			     const struct btf_type *inner)
{
	struct bits bits = {.start = btf_member_bit_offset(type, index),
			    .count = btf_member_bitfield_size(type, index)};

	if (bits.count == 0 && type_is_partial(inner)) {
		bits.start += btf_int_offset(inner);
		bits.count = btf_int_bits(inner);
	} else if (bits.count == 0 && bits.start % 8 != 0 && btf_is_int(inner)) {
		bits.count = btf_int_bits(inner);
	}
	return bits;
}

static int add_bits(struct compiler *compiler, uint32_t id, const struct unit_format *format,
		    struct bits bits, const struct place *place)
{
	struct place first = *place;
	struct value value;
	int err = compiler_value_of(compiler, id, &value);

	if (err == 0)
		return compiler_broken_type(compiler, -EINVAL);
	if (err < 0)
		return err;
	first.offset += bits.start / 8;
	value.bit = bits.start % 8;
	value.size = (value.bit + bits.count + 7) / 8;
	if (bits.count > 64 || value.kind > VALUE_HEX) {
		/* More than a number: the bytes that they lie in. */
		value = (struct value){.kind = VALUE_BYTES, .size = value.size, .count = 1};
	} else {
		value.load = LOAD_BITS;
		value.unused = 64 - bits.count;
	}
	err = format ? compiler_format_bits(compiler, format, bits.count, &value) : 0;
	return err ?: compiler_add_value(compiler, value, &first);
}

static int add_named(struct compiler *compiler, const struct btf_type *type, unsigned index,
		     const char *name, const struct place *place, struct scope *scope)
{
	uint32_t id = btf_members(type)[index].type;
	const struct unit_format *format;
	const struct btf_type *inner;
	struct place inside = *place;
	struct bits bits;
	int err = compiler_add_key(compiler, name, scope);

	if (!err)
		err = compiler_enter(compiler, name);
	if (err)
		return err;
	format = compiler_find_format(compiler);
	err = type_resolve(compiler->btf, id, &inner, NULL);
	if (err)
		return compiler_broken_type(compiler, err);
	bits = find_bits(type, index, inner);
	if (bits.count > 0)
		return add_bits(compiler, id, format, bits, place);
	if (bits.start % 8 != 0)
		return compiler_broken_type(compiler, -EINVAL);
	inside.offset += bits.start / 8;
	return compiler_add_type(compiler, id, format, &inside);
}

static int add_member(struct compiler *compiler, const struct btf_type *type, unsigned index,
		      struct scope *scope)
{
	const struct btf_member *member = &btf_members(type)[index];
	size_t path_length = compiler->path.length;
	struct place place = scope->place;
	const struct btf_type *inner;
	const char *name;
	int err = compiler_use_field(compiler);

	if (err)
		return err;
	err = type_name(compiler->btf, member->name_off, &name);
	if (!err)
		err = type_resolve(compiler->btf, member->type, &inner, NULL);
	if (err)
		return compiler_broken_type(compiler, err);
	place.is_last = place.is_last && index + 1U == btf_vlen(type);
	if (*name) {
		err = add_named(compiler, type, index, name, &place, scope);
		compiler->path.length = path_length;
		return err;
	}
	place.offset += btf_member_bit_offset(type, index) / 8;
	return add_anonymous(compiler, inner, &place, scope);
}

int compiler_add_members(struct compiler *compiler, const struct btf_type *type, unsigned start,
			 struct scope *scope)
{
	int err = compiler_check_depth(compiler, scope->place.depth);

	for (unsigned i = start; !err && i < btf_vlen(type); i++)
		err = add_member(compiler, type, i, scope);
	return err;
}
