/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/decode_compiler.h"

#include <bpf/btf.h>
#include <errno.h>

#include "daemon/events/decode_btf.h"

static int add_object(struct compiler *compiler, const struct btf_type *type,
		      const struct place *place)
{
	struct scope scope = {.place = *place};
	int err = compiler_pend(compiler, "{");

	scope.place.depth++;
	scope.place.is_element = false;
	if (!err)
		err = compiler_close_before(compiler, '}', &scope.place.after);
	if (!err)
		err = compiler_add_members(compiler, type, 0, &scope);
	return err ?: compiler_pend(compiler, "}");
}

/* The first element of the array. */
static int enter_array(struct compiler *compiler, const struct place *place, struct place *ret)
{
	struct place element = *place;
	int err = compiler_pend(compiler, "[");

	element.depth++;
	element.is_last = false;
	element.is_element = true;
	if (!err)
		err = compiler_close_before(compiler, ']', &element.after);
	*ret = element;
	return err;
}

/* An array of what is more than one value: one element after the other. */
static int add_elements(struct compiler *compiler, const struct btf_array *array, uint64_t size,
			const struct unit_format *format, const struct place *place)
{
	struct place element;
	int err = enter_array(compiler, place, &element);

	for (uint32_t i = 0; !err && i < array->nelems; i++) {
		err = compiler_use_field(compiler);
		if (!err && i > 0)
			err = compiler_pend(compiler, ",");
		if (!err)
			err = compiler_add_type(compiler, array->type, format, &element);
		element.offset += size;
	}
	return err ?: compiler_pend(compiler, "]");
}

static size_t longest_element(const struct decoder *decoder, const struct flexible *flexible)
{
	size_t longest = flexible->between.length + 1;

	for (uint32_t i = 0; i < flexible->value_count; i++)
		longest += value_text_max(&decoder->values[flexible->first_value + i]);
	return longest;
}

/* The element's values are put once into the plan, with offsets from the element's start. */
static int add_element_values(struct compiler *compiler, compiler_add_element add, const void *data,
			      struct place element, struct flexible *flexible)
{
	uint64_t size = compiler->size, end = compiler->end;
	int err;

	element.offset = 0;
	compiler->size = flexible->size;
	flexible->first_value = compiler->decoder->value_count;
	err = add(compiler, data, &element);
	if (!err)
		err = compiler_take_pending(compiler, &flexible->between);
	compiler->size = size;
	compiler->end = end;
	flexible->value_count = compiler->decoder->value_count - flexible->first_value;
	return err;
}

int compiler_add_flexible(struct compiler *compiler, uint64_t size, compiler_add_element add,
			  const void *data, const struct place *place)
{
	struct flexible flexible = {.offset = place->offset, .size = size, .after = place->after};
	struct place element;
	int err;

	if (size > RECORD_SIZE_MAX || place->offset > compiler->size)
		return compiler_broken_type(compiler, -EOVERFLOW);
	err = enter_array(compiler, place, &element);
	if (!err)
		err = compiler_take_pending(compiler, &flexible.before);
	if (!err)
		err = add_element_values(compiler, add, data, element, &flexible);
	if (err)
		return err;
	flexible.text_max = longest_element(compiler->decoder, &flexible);
	compiler->plan->flexible = flexible;
	return compiler_pend(compiler, "]");
}

struct typed_element {
	uint32_t id;
	const struct unit_format *format;
};

static int add_typed_element(struct compiler *compiler, const void *data, const struct place *place)
{
	const struct typed_element *element = data;

	return compiler_add_type(compiler, element->id, element->format, place);
}

/* An array of bytes is one value, and so are its elements if each is. */
static void make_array(struct compiler *compiler, const struct btf_type *element, bool formatted,
		       const struct btf_array *array, struct value *value)
{
	enum value_kind kind = type_is_char(compiler->btf, element) ? VALUE_TEXT : VALUE_BYTES;

	if (!formatted && type_is_byte(compiler->btf, element)) {
		*value = (struct value){.kind = kind, .size = array->nelems, .count = 1};
		return;
	}
	value->is_array = true;
	value->count = array->nelems;
}

static int add_array(struct compiler *compiler, const struct btf_array *array,
		     const struct unit_format *format, const struct place *place)
{
	bool is_flexible = array->nelems == 0 && place->is_last;
	struct place element_place = *place;
	const struct btf_type *element;
	struct value value;
	uint64_t size;
	int err = type_resolve(compiler->btf, array->type, &element, NULL);

	if (!err)
		err = type_size(compiler->btf, array->type, &size);
	if (err)
		return compiler_broken_type(compiler, err);
	element_place.is_element = true;
	element_place.is_last = false;
	err = format ? compiler_format_type(compiler, format, array->type, &element_place, &value)
		     : compiler_value_of(compiler, array->type, &value);
	if (err < 0)
		return err;
	if (err > 0) {
		make_array(compiler, element, format, array, &value);
		value.is_flexible = is_flexible && size > 0;
		return compiler_add_value(compiler, value, place);
	}
	if (is_flexible && size > 0)
		return compiler_add_flexible(
			compiler, size, add_typed_element,
			&(struct typed_element){.id = array->type, .format = format}, place);
	return add_elements(compiler, array, size, format, place);
}

int compiler_add_type(struct compiler *compiler, uint32_t id, const struct unit_format *format,
		      const struct place *place)
{
	const struct btf_type *type;
	struct value value;
	int err = compiler_check_depth(compiler, place->depth);

	if (err)
		return err;
	err = format ? compiler_format_type(compiler, format, id, place, &value)
		     : compiler_value_of(compiler, id, &value);
	if (err < 0)
		return err;
	if (err > 0)
		return compiler_add_value(compiler, value, place);
	/* Cannot fail any more: a value was asked for. */
	err = type_resolve(compiler->btf, id, &type, NULL);
	if (err)
		return compiler_broken_type(compiler, err);
	return btf_is_array(type) ? add_array(compiler, btf_array(type), format, place)
				  : add_object(compiler, type, place);
}
