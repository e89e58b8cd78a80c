/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/decode_compiler.h"

#include <bpf/btf.h>
#include <errno.h>

#include "daemon/events/decode_btf.h"

static int add_key(struct compiler *compiler, const char *name, struct scope *scope)
{
	int err = scope->has_member ? compiler_pend(compiler, ",") : 0;

	scope->has_member = true;
	if (!err)
		err = compiler_pend_json(compiler, name);
	return err ?: compiler_pend(compiler, ":");
}

/* Members of an anonymous struct or union belong to the one around it. */
static int add_anonymous(struct compiler *compiler, const struct btf_type *type, uint64_t offset,
			 struct scope *scope)
{
	struct scope inner = *scope;
	int err;

	if (!btf_is_composite(type))
		return 0; /* padding */
	inner.base = offset;
	inner.depth++;
	err = compiler_add_members(compiler, type, 0, &inner);
	scope->has_member = inner.has_member;
	return err;
}

/* Bits that are no whole bytes: the bytes that they lie in. */
static int add_bits(struct compiler *compiler, uint64_t offset, uint32_t bit, uint32_t bits)
{
	return compiler_add_bytes(compiler, offset, (bit % 8 + bits + 7) / 8);
}

static int add_named(struct compiler *compiler, const struct btf_type *type, unsigned index,
		     const char *name, struct scope *scope)
{
	const struct btf_member *member = &btf_members(type)[index];
	uint32_t bit = btf_member_bit_offset(type, index);
	uint32_t bits = btf_member_bitfield_size(type, index);
	uint64_t offset = scope->base + bit / 8;
	const struct unit_format *format = NULL;
	const struct btf_type *inner;
	int err = add_key(compiler, name, scope);

	if (err)
		return err;
	err = type_resolve(compiler->btf, member->type, &inner, NULL);
	if (err)
		return compiler_broken_type(compiler, err);
	if (!bits && type_is_partial(inner))
		bits = btf_int_bits(inner);
	if (bits)
		return add_bits(compiler, offset, bit, bits);
	if (bit % 8)
		return compiler_broken_type(compiler, -EINVAL);
	if (scope->is_record)
		format = compiler_find_format(compiler, name);
	return format ? compiler_add_formatted(compiler, format, member->type, offset)
		      : compiler_add_type(compiler, member->type, offset, scope->depth);
}

static int add_member(struct compiler *compiler, const struct btf_type *type, unsigned index,
		      struct scope *scope)
{
	const struct btf_member *member = &btf_members(type)[index];
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
	if (*name)
		return add_named(compiler, type, index, name, scope);
	return add_anonymous(compiler, inner, scope->base + btf_member_bit_offset(type, index) / 8,
			     scope);
}

int compiler_add_members(struct compiler *compiler, const struct btf_type *type, unsigned start,
			 struct scope *scope)
{
	int err = compiler_check_depth(compiler, scope->depth);

	for (unsigned i = start; !err && i < btf_vlen(type); i++)
		err = add_member(compiler, type, i, scope);
	return err;
}
