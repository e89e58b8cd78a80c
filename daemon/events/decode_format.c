/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/decode_compiler.h"

#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "daemon/events/decode_btf.h"
#include "lib/str.h"

static const struct format_rule {
	const char *name;
	enum value_kind kind;
	uint32_t size;	   /* 0: any */
	const char *needs; /* where the size does not say it */
} format_rules[FORMAT_MAX_] = {
	[FORMAT_IP4] = {"ip4", VALUE_IP4, 4, NULL},
	[FORMAT_IP6] = {"ip6", VALUE_IP6, 16, NULL},
	[FORMAT_MAC] = {"mac", VALUE_MAC, 6, NULL},
	[FORMAT_PORT] = {"port", VALUE_PORT, 2, NULL},
	[FORMAT_NS] = {"ns", VALUE_NS, 8, NULL},
	[FORMAT_HEX] = {"hex", VALUE_HEX, 0, NULL},
	[FORMAT_DEC] = {"dec", VALUE_UNSIGNED, 0, "a number or an array of numbers"},
	[FORMAT_TEXT] = {"text", VALUE_TEXT, 0, "an array of bytes"},
};

/* A field that a format is asked of. */
struct field {
	const struct unit_format *format;
	const struct format_rule *rule;
	const struct place *place;
	const struct btf_type *type;
	uint32_t id;
	uint64_t size;
};

struct wording {
	char text[256];
};

/* A format as the unit file has it. */
static struct wording wording_of(const struct unit_format *format)
{
	struct wording wording;

	/* One that is too long is cut. */
	(void)str_format(wording.text, sizeof(wording.text), "%s=%s%s%s:%s",
			 format->label ? "Labels" : "Format", format->label ? format->label : "",
			 format->label ? ":" : "", format->field,
			 format_rules[format->format].name);
	return wording;
}

static int refuse_size(struct compiler *compiler, const struct field *field)
{
	return failure_set(compiler->failure, OUTCOME_FAILED, -EINVAL,
			   "%s: %s of %s has %llu bytes, %s needs %u; hex fits all fields",
			   wording_of(field->format).text,
			   field->place->is_element ? "each element of the field" : "the field",
			   compiler->subject, (unsigned long long)field->size, field->rule->name,
			   field->rule->size);
}

static int refuse_type(struct compiler *compiler, const struct field *field)
{
	return failure_set(compiler->failure, OUTCOME_FAILED, -EINVAL,
			   "%s: the field of %s is not %s; hex fits all fields",
			   wording_of(field->format).text, compiler->subject, field->rule->needs);
}

static int whole(const struct field *field, enum value_kind kind, struct value *ret)
{
	*ret = (struct value){
		.kind = kind,
		.size = field->size,
		.count = 1,
		.load = kind == VALUE_PORT ? LOAD_2 : LOAD_8,
		.is_flexible = field->size == 0 && field->place->is_last,
	};
	return 1;
}

/* Bytes in a row. 1, 0 or a negative errno. */
static int is_byte_array(struct compiler *compiler, const struct field *field)
{
	const struct btf_type *element;
	int err;

	if (!btf_is_array(field->type))
		return 0;
	err = type_resolve(compiler->btf, btf_array(field->type)->type, &element, NULL);
	if (err)
		return compiler_broken_type(compiler, err);
	return btf_is_int(element) && element->size == 1;
}

/* Numbers one by one; bytes in a row, structs and all else as one string. */
static int format_hex(struct compiler *compiler, const struct field *field, struct value *ret)
{
	int err;

	if (btf_is_composite(field->type))
		return whole(field, VALUE_BYTES, ret);
	if (btf_is_array(field->type)) {
		err = is_byte_array(compiler, field);
		return err > 0 ? whole(field, VALUE_BYTES, ret) : err;
	}
	err = compiler_value_of(compiler, field->id, ret);
	if (err < 0)
		return err;
	if (ret->kind <= VALUE_HEX)
		ret->kind = VALUE_HEX;
	else if (ret->kind == VALUE_UNSIGNED_128 || ret->kind == VALUE_SIGNED_128)
		ret->kind = VALUE_HEX_128;
	else
		ret->kind = VALUE_BYTES;
	return 1;
}

static int format_dec(struct compiler *compiler, const struct field *field, struct value *ret)
{
	int err;

	if (btf_is_array(field->type))
		return 0;
	err = compiler_value_of(compiler, field->id, ret);
	if (err < 0)
		return err;
	if (err == 0 || ret->kind == VALUE_BYTES)
		return refuse_type(compiler, field);
	if (ret->kind == VALUE_ENUM && compiler->decoder->enums[ret->enum_index].is_signed)
		ret->kind = VALUE_SIGNED;
	else if (ret->kind <= VALUE_HEX && ret->kind != VALUE_SIGNED)
		ret->kind = VALUE_UNSIGNED;
	return 1;
}

static int format_text(struct compiler *compiler, const struct field *field, struct value *ret)
{
	int err = is_byte_array(compiler, field);

	if (err < 0)
		return err;
	if (err > 0)
		return whole(field, VALUE_TEXT, ret);
	return btf_is_array(field->type) ? 0 : refuse_type(compiler, field);
}

int compiler_format_type(struct compiler *compiler, const struct unit_format *format, uint32_t id,
			 const struct place *place, struct value *ret)
{
	struct field field = {
		.format = format, .rule = &format_rules[format->format], .place = place};
	int err = type_resolve(compiler->btf, id, &field.type, &field.id);

	if (!err)
		err = type_size(compiler->btf, id, &field.size);
	if (!err && field.size > RECORD_SIZE_MAX)
		err = -EOVERFLOW;
	if (err)
		return compiler_broken_type(compiler, err);
	if (format->format == FORMAT_HEX)
		return format_hex(compiler, &field, ret);
	if (format->format == FORMAT_DEC)
		return format_dec(compiler, &field, ret);
	if (format->format == FORMAT_TEXT)
		return format_text(compiler, &field, ret);
	if (field.size == field.rule->size)
		return whole(&field, field.rule->kind, ret);
	return btf_is_array(field.type) ? 0 : refuse_size(compiler, &field);
}

int compiler_format_bits(struct compiler *compiler, const struct unit_format *format, uint32_t bits,
			 struct value *value)
{
	if (value->kind <= VALUE_HEX && format->format == FORMAT_HEX)
		value->kind = VALUE_HEX;
	else if (value->kind <= VALUE_HEX && format->format == FORMAT_DEC)
		value->kind = value->kind == VALUE_SIGNED ? VALUE_SIGNED : VALUE_UNSIGNED;
	else
		return failure_set(compiler->failure, OUTCOME_FAILED, -EINVAL,
				   "%s: the field of %s is a bit field of %u bits, which can be "
				   "shown as dec or hex",
				   wording_of(format).text, compiler->subject, bits);
	return 0;
}

/* An array on the way is passed through: the format holds for the member of each element. */
const struct unit_format *compiler_find_format(struct compiler *compiler)
{
	const struct buffer *path = &compiler->path;

	for (size_t i = 0; i < compiler->format_count; i++)
		if (strlen(compiler->formats[i].field) == path->length &&
		    memcmp(compiler->formats[i].field, path->data, path->length) == 0) {
			compiler->format_used[i] = true;
			return &compiler->formats[i];
		}
	return NULL;
}

int compiler_check_formats(struct compiler *compiler)
{
	const char *nothing =
		compiler->entry ? "no key or value of the map" : "no struct of Record=";
	char there[1024];

	for (size_t i = 0; i < compiler->format_count; i++) {
		if (compiler->format_used[i])
			continue;
		compiler_list_fields(compiler, there, sizeof(there));
		return failure_set(compiler->failure, OUTCOME_FAILED, -ENOENT,
				   "%s: %s has this field; %s",
				   wording_of(&compiler->formats[i]).text, nothing, there);
	}
	return 0;
}
