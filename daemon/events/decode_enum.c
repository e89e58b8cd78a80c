/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/decode_compiler.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/events/decode_btf.h"
#include "daemon/events/json_text.h"
#include "lib/macro.h"

/* Names of all enums of a decoder. */
#define ENUM_NAMES_MAX 65536

static int compare_enum_names(const void *a, const void *b)
{
	const struct enum_name *left = a, *right = b;

	if (left->value != right->value)
		return left->value < right->value ? -1 : 1;
	/* Of several names for a value the first one speaks: it was put into the text first. */
	return left->name.start < right->name.start ? -1 : 1;
}

static uint64_t cut_to_size(uint64_t value, uint32_t size)
{
	return size < 8 ? value & ((1ULL << 8 * size) - 1) : value;
}

static int add_enum_name(struct compiler *compiler, uint32_t name_offset, uint64_t number)
{
	struct decoder *decoder = compiler->decoder;
	struct enum_name *names;
	struct literal literal;
	const char *name;
	int err = type_name(compiler->btf, name_offset, &name);

	if (err)
		return compiler_broken_type(compiler, err);
	if (decoder->enum_name_count == ENUM_NAMES_MAX)
		return failure_set(compiler->failure, OUTCOME_FAILED, -E2BIG,
				   "%s: its enums have more than %d names together",
				   compiler->subject, ENUM_NAMES_MAX);
	names = compiler_grow(decoder->enum_names, decoder->enum_name_count, sizeof(*names));
	if (!names)
		return compiler_out_of_memory(compiler);
	decoder->enum_names = names;
	err = compiler_add_json(compiler, name, &literal);
	if (err)
		return err;
	names[decoder->enum_name_count++] = (struct enum_name){.value = number, .name = literal};
	return 0;
}

static int add_enum_names(struct compiler *compiler, const struct btf_type *type)
{
	int err = 0;

	for (unsigned i = 0; !err && i < btf_vlen(type); i++) {
		if (btf_is_enum64(type)) {
			const struct btf_enum64 *names = btf_enum64(type);

			err = add_enum_name(compiler, names[i].name_off,
					    cut_to_size(btf_enum64_value(&names[i]), type->size));
		} else {
			const struct btf_enum *names = btf_enum(type);

			err = add_enum_name(compiler, names[i].name_off,
					    cut_to_size((int64_t)names[i].val, type->size));
		}
	}
	return err;
}

/* Whether an enum is signed: by its flag where a compiler sets that, else by its values. */
static bool enum_is_signed(const struct btf_type *type)
{
	if (btf_kflag(type))
		return true;
	if (!btf_is_enum(type))
		return false;
	for (unsigned i = 0; i < btf_vlen(type); i++)
		if (btf_enum(type)[i].val < 0)
			return true;
	return false;
}

int compiler_add_enum(struct compiler *compiler, uint32_t id, const struct btf_type *type,
		      uint32_t *ret)
{
	struct decoder *decoder = compiler->decoder;
	struct enum_names *enums;
	size_t start = decoder->enum_name_count;
	uint32_t longest;
	int err;

	for (size_t i = 0; i < decoder->enum_count; i++)
		if (decoder->enums[i].type_id == id) {
			*ret = i;
			return 0;
		}
	enums = compiler_grow(decoder->enums, decoder->enum_count, sizeof(*enums));
	if (!enums)
		return compiler_out_of_memory(compiler);
	decoder->enums = enums;
	err = add_enum_names(compiler, type);
	if (err)
		return err;
	if (decoder->enum_name_count > start)
		qsort(decoder->enum_names + start, decoder->enum_name_count - start,
		      sizeof(*decoder->enum_names), compare_enum_names);
	*ret = decoder->enum_count;
	longest = JSON_NUMBER_MAX + NUMBER_QUOTES;
	for (size_t i = start; i < decoder->enum_name_count; i++)
		longest = MAX(longest, decoder->enum_names[i].name.length);
	enums[decoder->enum_count++] = (struct enum_names){
		.type_id = id,
		.start = start,
		.count = decoder->enum_name_count - start,
		.size = type->size,
		.text_max = longest,
		.is_signed = enum_is_signed(type),
	};
	return 0;
}
