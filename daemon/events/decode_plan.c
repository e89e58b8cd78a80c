/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/types.h>

#include "daemon/events/decode.h"

#include <arpa/inet.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/record.h"
#include "daemon/events/decode_btf.h"
#include "daemon/events/decode_plan.h"
#include "daemon/events/json_text.h"
#include "lib/cleanup.h"
#include "lib/macro.h"

/* Members and elements of one struct of Record=, at all levels. */
#define FIELDS_MAX 10000
/* Names of all enums of a decoder. */
#define ENUM_NAMES_MAX 65536
/* No struct of a record is larger; also keeps all sums below far from overflowing. */
#define RECORD_SIZE_MAX (16 * 1024 * 1024)

/* cpu, time, number, again: the keys and their longest values. */
#define HEADER_LINE_MAX (sizeof(",\"cpu\":,\"time\":,\"number\":,\"again\":true") + 3 * JSON_NUMBER_MAX)
/* "error" with two numbers, and "data" without its bytes. */
#define ERROR_LINE_MAX (sizeof(",\"error\":\"too short:  of  bytes\",\"data\":\"\"}") + 2 * JSON_NUMBER_MAX)

#define NO_FORMAT FORMAT_MAX_

struct buffer {
	char *data;
	size_t length;
	size_t room;
};

struct compiler {
	const struct decoder_settings *settings;
	const struct btf *btf;
	struct decoder *decoder;
	struct buffer text;    /* becomes decoder->text */
	struct buffer pending; /* what stands between the last value and the next one */
	bool *format_used;     /* one per Format= */
	size_t fields_left;
	const char *record; /* whose plan is being made; for messages */
	uint64_t record_size;
	struct failure *failure;
};

/* ---- growing -------------------------------------------------------------------------------- */

static int out_of_memory(struct compiler *compiler)
{
	return failure_set_errno(compiler->failure, OUTCOME_FAILED, -ENOMEM,
				 "the plan for Record= cannot be made");
}

static char *buffer_room(struct buffer *buffer, size_t length)
{
	if (buffer->room - buffer->length < length) {
		size_t room = 2 * buffer->room + length;
		char *data = realloc(buffer->data, room);

		if (!data)
			return NULL;
		buffer->data = data;
		buffer->room = room;
	}
	return buffer->data + buffer->length;
}

static int buffer_add(struct compiler *compiler, struct buffer *buffer, const char *text,
		      size_t length)
{
	char *room = buffer_room(buffer, length);

	if (!room)
		return out_of_memory(compiler);
	json_raw(room, text, length);
	buffer->length += length;
	return 0;
}

static int buffer_add_string(struct compiler *compiler, struct buffer *buffer, const char *text)
{
	return buffer_add(compiler, buffer, text, strlen(text));
}

/* Adds the text as a JSON string, with its quotes. */
static int buffer_add_json(struct compiler *compiler, struct buffer *buffer, const char *text)
{
	size_t length = strlen(text);
	char *room = buffer_room(buffer, JSON_TEXT_MAX(length));

	if (!room)
		return out_of_memory(compiler);
	buffer->length += json_text(room, text, length) - room;
	return 0;
}

static int pend(struct compiler *compiler, const char *text)
{
	return buffer_add_string(compiler, &compiler->pending, text);
}

/* Makes a literal of what is pending. */
static int take_pending(struct compiler *compiler, struct literal *ret)
{
	size_t start = compiler->text.length;
	int err = buffer_add(compiler, &compiler->text, compiler->pending.data,
			     compiler->pending.length);

	if (err)
		return err;
	*ret = (struct literal){.start = start, .length = compiler->pending.length};
	compiler->pending.length = 0;
	return 0;
}

/*
 * Room for one more element behind `count` of them: arrays grow when the count is a power of two, so
 * that their room need not be kept.
 */
static void *grow_by_one(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array;
	return reallocarray(array, count ? 2 * count : 1, size);
}

/* ---- failures ------------------------------------------------------------------------------- */

static int broken_type(struct compiler *compiler, int err)
{
	return failure_set_errno(compiler->failure, OUTCOME_FAILED, err,
				 "Record=%s: the object's BTF is broken; build the object again",
				 compiler->record);
}

static int use_field(struct compiler *compiler)
{
	if (compiler->fields_left == 0)
		return failure_set(compiler->failure, OUTCOME_FAILED, -E2BIG,
				   "Record=%s has more than %d fields; name a smaller struct",
				   compiler->record, FIELDS_MAX);
	compiler->fields_left--;
	return 0;
}

static int check_depth(struct compiler *compiler, unsigned depth)
{
	if (depth > TYPE_DEPTH_MAX)
		return failure_set(compiler->failure, OUTCOME_FAILED, -ELOOP,
				   "Record=%s: structs are nested deeper than %d, or in a loop",
				   compiler->record, TYPE_DEPTH_MAX);
	return 0;
}

/* ---- enums ---------------------------------------------------------------------------------- */

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
	size_t start = compiler->text.length;
	struct enum_name *names;
	const char *name;
	int err = type_name(compiler->btf, name_offset, &name);

	if (err)
		return broken_type(compiler, err);
	if (decoder->enum_name_count == ENUM_NAMES_MAX)
		return failure_set(compiler->failure, OUTCOME_FAILED, -E2BIG,
				   "Record=%s: its enums have more than %d names together",
				   compiler->record, ENUM_NAMES_MAX);
	names = grow_by_one(decoder->enum_names, decoder->enum_name_count, sizeof(*names));
	if (!names)
		return out_of_memory(compiler);
	decoder->enum_names = names;
	err = buffer_add_json(compiler, &compiler->text, name);
	if (err)
		return err;
	names[decoder->enum_name_count++] = (struct enum_name){
		.value = number,
		.name = {.start = start, .length = compiler->text.length - start},
	};
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

static int enum_index(struct compiler *compiler, uint32_t id, const struct btf_type *type,
		      uint32_t *ret)
{
	struct decoder *decoder = compiler->decoder;
	struct enum_names *enums;
	size_t start = decoder->enum_name_count;
	int err;

	for (size_t i = 0; i < decoder->enum_count; i++)
		if (decoder->enums[i].type_id == id) {
			*ret = i;
			return 0;
		}
	enums = grow_by_one(decoder->enums, decoder->enum_count, sizeof(*enums));
	if (!enums)
		return out_of_memory(compiler);
	decoder->enums = enums;
	err = add_enum_names(compiler, type);
	if (err)
		return err;
	if (decoder->enum_name_count > start)
		qsort(decoder->enum_names + start, decoder->enum_name_count - start,
		      sizeof(*decoder->enum_names), compare_enum_names);
	*ret = decoder->enum_count;
	enums[decoder->enum_count++] = (struct enum_names){
		.type_id = id,
		.start = start,
		.count = decoder->enum_name_count - start,
		.is_signed = enum_is_signed(type),
	};
	return 0;
}

/* ---- values --------------------------------------------------------------------------------- */

/* Adds the value to the plan, with what is pending before it. */
static int add_value(struct compiler *compiler, struct value value, uint64_t offset)
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
	values = grow_by_one(decoder->values, decoder->value_count, sizeof(*values));
	if (!values)
		return out_of_memory(compiler);
	decoder->values = values;
	value.offset = offset;
	err = take_pending(compiler, &value.before);
	if (err)
		return err;
	values[decoder->value_count++] = value;
	return 0;
}

static int add_bytes(struct compiler *compiler, uint64_t offset, uint64_t size)
{
	struct value value = {.kind = VALUE_BYTES, .count = 1};

	value.size = MIN(size, (uint64_t)UINT32_MAX);
	return add_value(compiler, value, offset);
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
		err = enum_index(compiler, id, type, &value.enum_index);
		if (err)
			return err;
	}
	return add_value(compiler, value, offset);
}

/* Where in the record, and in its JSON, members are added. */
struct scope {
	uint64_t base;
	unsigned depth;
	bool is_record; /* not of a struct within: Format= holds here */
	bool has_member;
};

static int add_members(struct compiler *compiler, const struct btf_type *type, unsigned start,
		       struct scope *scope);
static int add_any(struct compiler *compiler, uint32_t id, uint64_t offset, unsigned depth);

static int add_object(struct compiler *compiler, const struct btf_type *type, uint64_t offset,
		      unsigned depth)
{
	struct scope scope = {.base = offset, .depth = depth + 1};
	int err = pend(compiler, "{");

	if (!err)
		err = add_members(compiler, type, 0, &scope);
	return err ?: pend(compiler, "}");
}

/* An array of what is no number: one element after the other. */
static int add_elements(struct compiler *compiler, const struct btf_array *array, uint64_t size,
			uint64_t offset, unsigned depth)
{
	int err = pend(compiler, "[");

	for (uint32_t i = 0; !err && i < array->nelems; i++) {
		err = use_field(compiler);
		if (!err && i > 0)
			err = pend(compiler, ",");
		if (!err)
			err = add_any(compiler, array->type, offset + i * size, depth + 1);
	}
	return err ?: pend(compiler, "]");
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
		return broken_type(compiler, err);
	if (type_is_char(compiler->btf, type)) {
		value = (struct value){.kind = VALUE_TEXT, .size = array->nelems, .count = 1};
		return add_value(compiler, value, offset);
	}
	if (type_is_number(type, size) && !type_is_partial(type)) {
		value.size = size;
		return add_numbers(compiler, id, type, value, offset);
	}
	return add_elements(compiler, array, size, offset, depth);
}

static int add_any(struct compiler *compiler, uint32_t id, uint64_t offset, unsigned depth)
{
	const struct btf_type *type;
	uint64_t size;
	int err = check_depth(compiler, depth);

	if (err)
		return err;
	err = type_resolve(compiler->btf, id, &type, &id);
	if (!err)
		err = type_size(compiler->btf, id, &size);
	if (err)
		return broken_type(compiler, err);
	if (btf_is_composite(type))
		return add_object(compiler, type, offset, depth);
	if (btf_is_array(type))
		return add_array(compiler, btf_array(type), offset, depth);
	if (type_is_number(type, size) && !type_is_partial(type))
		return add_numbers(compiler, id, type, (struct value){.size = size, .count = 1},
				   offset);
	return add_bytes(compiler, offset, size);
}

/* ---- Format= -------------------------------------------------------------------------------- */

static const struct format_rule {
	const char *name;
	enum value_kind kind;
	uint32_t size;
} format_rules[FORMAT_MAX_] = {
	[FORMAT_IP4] = {"ip4", VALUE_IP4, 4},
	[FORMAT_IP6] = {"ip6", VALUE_IP6, 16},
	[FORMAT_MAC] = {"mac", VALUE_MAC, 6},
	[FORMAT_PORT] = {"port", VALUE_PORT, 2},
	[FORMAT_NS] = {"ns", VALUE_NS, 8},
	[FORMAT_HEX] = {"hex", VALUE_HEX, 0}, /* of any size */
};

/* The elements of an array, or the type itself as the only one. */
static int element_of(struct compiler *compiler, uint32_t id, const struct btf_type **ret,
		      struct value *ret_value)
{
	const struct btf_type *type;
	struct value value = {.count = 1};
	uint64_t size;
	int err = type_resolve(compiler->btf, id, &type, &id);

	if (!err && btf_is_array(type)) {
		value.is_array = true;
		value.count = btf_array(type)->nelems;
		err = type_resolve(compiler->btf, btf_array(type)->type, &type, &id);
	}
	if (!err)
		err = type_size(compiler->btf, id, &size);
	if (!err && size > RECORD_SIZE_MAX)
		err = -EOVERFLOW;
	if (err)
		return broken_type(compiler, err);
	value.size = size;
	*ret = type;
	*ret_value = value;
	return 0;
}

/* Numbers one by one, everything else (and bytes) as one string. */
static int add_hex(struct compiler *compiler, const struct btf_type *element, struct value value,
		   uint64_t offset)
{
	if (type_is_number(element, value.size) && !(value.is_array && value.size == 1)) {
		value.kind = VALUE_HEX;
		return add_value(compiler, value, offset);
	}
	return add_bytes(compiler, offset, (uint64_t)value.size * value.count);
}

static int add_formatted(struct compiler *compiler, const struct unit_format *format, uint32_t id,
			 uint64_t offset)
{
	const struct format_rule *rule = &format_rules[format->format];
	const struct btf_type *element;
	struct value value;
	uint64_t total;
	int err = element_of(compiler, id, &element, &value);

	if (err)
		return err;
	if (format->format == FORMAT_HEX)
		return add_hex(compiler, element, value, offset);

	total = (uint64_t)value.size * value.count;
	if (total == rule->size)
		value = (struct value){.size = total, .count = 1};
	else if (!value.is_array || value.size != rule->size)
		return failure_set(compiler->failure, OUTCOME_FAILED, -EINVAL,
				   "Format=%s:%s: the field of Record=%s has %llu bytes, %s needs %u",
				   format->field, rule->name, compiler->record,
				   (unsigned long long)total, rule->name, rule->size);
	value.kind = rule->kind;
	return add_value(compiler, value, offset);
}

/* Format= names members of the record itself, those of anonymous structs among them. */
static const struct unit_format *find_format(struct compiler *compiler, const char *field)
{
	const struct unit_events *events = compiler->settings->events;

	for (size_t i = 0; i < events->format_count; i++)
		if (strcmp(events->formats[i].field, field) == 0) {
			compiler->format_used[i] = true;
			return &events->formats[i];
		}
	return NULL;
}

static int check_formats_used(struct compiler *compiler)
{
	const struct unit_events *events = compiler->settings->events;

	for (size_t i = 0; i < events->format_count; i++)
		if (!compiler->format_used[i])
			return failure_set(compiler->failure, OUTCOME_FAILED, -ENOENT,
					   "Format=%s:%s: no struct of Record= has this field",
					   events->formats[i].field,
					   format_rules[events->formats[i].format].name);
	return 0;
}

/* ---- members -------------------------------------------------------------------------------- */

static int add_key(struct compiler *compiler, const char *name, struct scope *scope)
{
	int err = scope->has_member ? pend(compiler, ",") : 0;

	scope->has_member = true;
	if (!err)
		err = buffer_add_json(compiler, &compiler->pending, name);
	return err ?: pend(compiler, ":");
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
	err = add_members(compiler, type, 0, &inner);
	scope->has_member = inner.has_member;
	return err;
}

/* Bits that are no whole bytes: the bytes that they lie in. */
static int add_bits(struct compiler *compiler, uint64_t offset, uint32_t bit, uint32_t bits)
{
	return add_bytes(compiler, offset, (bit % 8 + bits + 7) / 8);
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
		return broken_type(compiler, err);
	if (!bits && type_is_partial(inner))
		bits = btf_int_bits(inner);
	if (bits)
		return add_bits(compiler, offset, bit, bits);
	if (bit % 8)
		return broken_type(compiler, -EINVAL);
	if (scope->is_record)
		format = find_format(compiler, name);
	return format ? add_formatted(compiler, format, member->type, offset)
		      : add_any(compiler, member->type, offset, scope->depth);
}

static int add_member(struct compiler *compiler, const struct btf_type *type, unsigned index,
		      struct scope *scope)
{
	const struct btf_member *member = &btf_members(type)[index];
	const struct btf_type *inner;
	const char *name;
	int err = use_field(compiler);

	if (err)
		return err;
	err = type_name(compiler->btf, member->name_off, &name);
	if (!err)
		err = type_resolve(compiler->btf, member->type, &inner, NULL);
	if (err)
		return broken_type(compiler, err);
	if (*name)
		return add_named(compiler, type, index, name, scope);
	return add_anonymous(compiler, inner,
			     scope->base + btf_member_bit_offset(type, index) / 8, scope);
}

static int add_members(struct compiler *compiler, const struct btf_type *type, unsigned start,
		       struct scope *scope)
{
	int err = check_depth(compiler, scope->depth);

	for (unsigned i = start; !err && i < btf_vlen(type); i++)
		err = add_member(compiler, type, i, scope);
	return err;
}

/* ---- records -------------------------------------------------------------------------------- */

/* {"unit":…,"generation":… of each line, and what follows there. */
static int add_head(struct compiler *compiler, const char *type, struct literal *ret)
{
	char generation[JSON_NUMBER_MAX + 1];
	int err = pend(compiler, "{\"unit\":");

	if (!err)
		err = buffer_add_json(compiler, &compiler->pending, compiler->settings->unit);
	if (!err)
		err = pend(compiler, ",\"generation\":");
	*json_unsigned(generation, compiler->settings->generation) = '\0';
	if (!err)
		err = pend(compiler, generation);
	if (!err && type)
		err = pend(compiler, ",\"type\":");
	if (!err && type)
		err = buffer_add_json(compiler, &compiler->pending, type);
	if (!err && !type && compiler->decoder->has_header)
		err = pend(compiler, ",\"type\":null");
	return err ?: take_pending(compiler, ret);
}

/* Whether the struct's first member is struct ebpfd_record. */
static int find_header(struct compiler *compiler, const struct btf_type *type, bool *ret)
{
	const struct btf_type *first;
	const char *name;
	int err;

	*ret = false;
	if (btf_vlen(type) == 0 || btf_member_bit_offset(type, 0) != 0)
		return 0;
	err = type_resolve(compiler->btf, btf_members(type)->type, &first, NULL);
	if (!err)
		err = type_name(compiler->btf, first->name_off, &name);
	if (err)
		return broken_type(compiler, err);
	if (!btf_is_struct(first) || strcmp(name, "ebpfd_record") != 0)
		return 0;
	if (first->size != sizeof(struct ebpfd_record))
		return failure_set(compiler->failure, OUTCOME_FAILED, -EPROTO,
				   "Record=%s: its struct ebpfd_record has %u bytes, this version "
				   "reads %zu; build the object with the ebpfd.bpf.h that came with it",
				   compiler->record, first->size, sizeof(struct ebpfd_record));
	*ret = true;
	return 0;
}

/* All records begin with the header or none does, else nothing could tell them apart. */
static int check_header(struct compiler *compiler, const struct btf_type *type, size_t index)
{
	struct decoder *decoder = compiler->decoder;
	bool has_header;
	int err = find_header(compiler, type, &has_header);

	if (err)
		return err;
	if (index == 0)
		decoder->has_header = has_header;
	if (!has_header && compiler->settings->events->record_count > 1)
		return failure_set(compiler->failure, OUTCOME_FAILED, -EINVAL,
				   "Record= names several structs, but struct %s does not begin with "
				   "struct ebpfd_record, which tells them apart; name one, or include "
				   "ebpfd.bpf.h",
				   compiler->record);
	return 0;
}

static int find_struct(struct compiler *compiler, const struct btf_type **ret)
{
	int id = btf__find_by_name_kind(compiler->btf, compiler->record, BTF_KIND_STRUCT);

	if (id < 0)
		return failure_set(compiler->failure, OUTCOME_FAILED, -ENOENT,
				   "Record=%s: the object's BTF has no such struct; a struct that no "
				   "variable or map uses is left out of it",
				   compiler->record);
	*ret = btf__type_by_id(compiler->btf, id);
	compiler->record_size = (*ret)->size;
	if (compiler->record_size > RECORD_SIZE_MAX)
		return failure_set(compiler->failure, OUTCOME_FAILED, -E2BIG,
				   "Record=%s has %llu bytes, more than %d", compiler->record,
				   (unsigned long long)compiler->record_size, RECORD_SIZE_MAX);
	return 0;
}

static size_t enum_text_max(const struct decoder *decoder, const struct enum_names *names)
{
	size_t longest = JSON_NUMBER_MAX;

	for (uint32_t i = 0; i < names->count; i++)
		longest = MAX(longest, (size_t)decoder->enum_names[names->start + i].name.length);
	return longest;
}

static size_t value_text_max(const struct decoder *decoder, const struct value *value)
{
	switch (value->kind) {
	case VALUE_ENUM:
		return enum_text_max(decoder, &decoder->enums[value->enum_index]);
	case VALUE_TEXT:
		return JSON_TEXT_MAX(value->size);
	case VALUE_BYTES:
		return JSON_HEX_BYTES_MAX(value->size);
	case VALUE_IP6:
		return INET6_ADDRSTRLEN + 2;
	default:
		/* Numbers, times and the shorter addresses. */
		return JSON_SECONDS_MAX;
	}
}

static size_t record_line_max(const struct decoder *decoder, const struct record_plan *plan)
{
	size_t length = plan->head.length + HEADER_LINE_MAX + plan->tail.length;

	for (size_t i = 0; i < plan->value_count; i++) {
		const struct value *value = &decoder->values[plan->first_value + i];

		length += value->before.length + 2 +
			  value->count * (value_text_max(decoder, value) + 1);
	}
	return length;
}

static int add_record(struct compiler *compiler, size_t index)
{
	struct decoder *decoder = compiler->decoder;
	struct record_plan *plan = &decoder->records[index];
	struct scope scope = {.is_record = true, .has_member = true};
	const struct btf_type *type;
	int err;

	compiler->record = compiler->settings->events->records[index];
	compiler->fields_left = FIELDS_MAX;
	err = find_struct(compiler, &type);
	if (!err)
		err = check_header(compiler, type, index);
	if (!err)
		err = add_head(compiler, compiler->record, &plan->head);
	if (err)
		return err;

	plan->size = compiler->record_size;
	plan->first_value = decoder->value_count;
	err = add_members(compiler, type, decoder->has_header, &scope);
	if (!err)
		err = pend(compiler, "}");
	if (!err)
		err = take_pending(compiler, &plan->tail);
	if (err)
		return err;
	plan->value_count = decoder->value_count - plan->first_value;
	plan->line_max = record_line_max(decoder, plan);
	return 0;
}

static int add_records(struct compiler *compiler)
{
	const struct unit_events *events = compiler->settings->events;
	struct decoder *decoder = compiler->decoder;
	int err = 0;

	if (!compiler->btf)
		return 0;
	compiler->format_used = calloc(events->format_count + 1, sizeof(bool));
	decoder->records = calloc(events->record_count + 1, sizeof(*decoder->records));
	if (!compiler->format_used || !decoder->records)
		return out_of_memory(compiler);
	for (size_t i = 0; !err && i < events->record_count; i++) {
		err = add_record(compiler, i);
		decoder->record_count = i + 1;
	}
	return err ?: check_formats_used(compiler);
}

/* ---- the decoder ---------------------------------------------------------------------------- */

static void decoder_free_pointer(struct decoder **decoder)
{
	decoder_free(*decoder);
}

static void compiler_deinit(struct compiler *compiler)
{
	free(compiler->text.data);
	free(compiler->pending.data);
	free(compiler->format_used);
}

static void set_line_max(struct decoder *decoder)
{
	size_t head = decoder->head.length;

	for (size_t i = 0; i < decoder->record_count; i++) {
		head = MAX(head, (size_t)decoder->records[i].head.length);
		decoder->record_line_max =
			MAX(decoder->record_line_max, decoder->records[i].line_max);
	}
	decoder->error_line_max = head + HEADER_LINE_MAX + ERROR_LINE_MAX;
}

int decoder_new(const struct decoder_settings *settings, struct decoder **ret,
		struct failure *reterr_failure)
{
	CLEANUP(decoder_free_pointer) struct decoder *decoder = calloc(1, sizeof(*decoder));
	CLEANUP(compiler_deinit) struct compiler compiler = {
		.settings = settings,
		.btf = settings->btf,
		.decoder = decoder,
		.failure = reterr_failure,
	};
	int err;

	if (!decoder)
		return out_of_memory(&compiler);
	err = add_records(&compiler);
	if (!err)
		err = add_head(&compiler, NULL, &decoder->head);
	if (err)
		return err;
	set_line_max(decoder);
	decoder->text = TAKE_PTR(compiler.text.data);
	*ret = TAKE_PTR(decoder);
	return 0;
}

struct decoder *decoder_free(struct decoder *decoder)
{
	if (!decoder)
		return NULL;
	free(decoder->records);
	free(decoder->values);
	free(decoder->enums);
	free(decoder->enum_names);
	free(decoder->text);
	free(decoder);
	return NULL;
}

size_t decoder_line_max(const struct decoder *decoder, uint32_t length)
{
	return MAX(decoder->record_line_max, decoder->error_line_max + 2 * (size_t)length);
}
