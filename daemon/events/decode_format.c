/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/decode_compiler.h"

#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "daemon/events/decode_btf.h"

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
		return compiler_broken_type(compiler, err);
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
		return compiler_add_value(compiler, value, offset);
	}
	return compiler_add_bytes(compiler, offset, (uint64_t)value.size * value.count);
}

int compiler_add_formatted(struct compiler *compiler, const struct unit_format *format, uint32_t id,
			   uint64_t offset)
{
	const struct format_rule *rule = &format_rules[format->format];
	const struct btf_type *element = NULL;
	struct value value = {0};
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
		return failure_set(
			compiler->failure, OUTCOME_FAILED, -EINVAL,
			"Format=%s:%s: the field of Record=%s has %llu bytes, %s needs %u",
			format->field, rule->name, compiler->record, (unsigned long long)total,
			rule->name, rule->size);
	value.kind = rule->kind;
	return compiler_add_value(compiler, value, offset);
}

/* Format= names members of the record itself, those of anonymous structs among them. */
const struct unit_format *compiler_find_format(struct compiler *compiler, const char *field)
{
	const struct unit_events *events = compiler->settings->events;

	for (size_t i = 0; i < events->format_count; i++)
		if (strcmp(events->formats[i].field, field) == 0) {
			compiler->format_used[i] = true;
			return &events->formats[i];
		}
	return NULL;
}

int compiler_check_formats(struct compiler *compiler)
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
