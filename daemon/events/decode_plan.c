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
#include "daemon/events/decode_compiler.h"
#include "daemon/events/json_text.h"
#include "lib/cleanup.h"
#include "lib/macro.h"

/* cpu, time, number, again: the keys and their longest values, two of which may be strings. */
#define HEADER_LINE_MAX \
	(sizeof(",\"cpu\":,\"time\":\"\",\"number\":\"\",\"again\":true") + 3UL * JSON_NUMBER_MAX)
/* "error" with two numbers, and "data" without its bytes. */
#define ERROR_LINE_MAX \
	(sizeof(",\"error\":\"too short:  of  bytes\",\"data\":\"\"}") + 2UL * JSON_NUMBER_MAX)

/* ---- records -------------------------------------------------------------------------------- */

/* {"unit":…,"generation":… of each line, and what follows there. */
static int add_head(struct compiler *compiler, const char *type, struct literal *ret)
{
	char generation[JSON_NUMBER_MAX + 1];
	int err = compiler_pend(compiler, "{\"unit\":");

	if (!err)
		err = compiler_pend_json(compiler, compiler->settings->unit);
	if (!err)
		err = compiler_pend(compiler, ",\"generation\":");
	*json_unsigned(generation, compiler->settings->generation) = '\0';
	if (!err)
		err = compiler_pend(compiler, generation);
	if (!err && type)
		err = compiler_pend(compiler, ",\"type\":");
	if (!err && type)
		err = compiler_pend_json(compiler, type);
	if (!err && !type && compiler->decoder->has_header)
		err = compiler_pend(compiler, ",\"type\":null");
	return err ?: compiler_take_pending(compiler, ret);
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
		return compiler_broken_type(compiler, err);
	if (!btf_is_struct(first) || strcmp(name, "ebpfd_record") != 0)
		return 0;
	if (first->size != sizeof(struct ebpfd_record))
		return failure_set(
			compiler->failure, OUTCOME_FAILED, -EPROTO,
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
		return failure_set(
			compiler->failure, OUTCOME_FAILED, -EINVAL,
			"Record= names several structs, but struct %s does not begin with "
			"struct ebpfd_record, which tells them apart; name one, or include "
			"ebpfd.bpf.h",
			compiler->record);
	return 0;
}

/* NULL, with the failure filled, if there is none or it is too large. */
static const struct btf_type *find_struct(struct compiler *compiler)
{
	int id = btf__find_by_name_kind(compiler->btf, compiler->record, BTF_KIND_STRUCT);
	const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(compiler->btf, id);

	if (!type) {
		(void)failure_set(
			compiler->failure, OUTCOME_FAILED, 0,
			"Record=%s: the object's BTF has no such struct; clang leaves out a "
			"struct that no map, global variable or EBPFD_RESERVE names",
			compiler->record);
		return NULL;
	}
	compiler->size = type->size;
	if (compiler->size > RECORD_SIZE_MAX) {
		(void)failure_set(compiler->failure, OUTCOME_FAILED, 0,
				  "Record=%s has %llu bytes, more than %lu", compiler->record,
				  (unsigned long long)compiler->size, RECORD_SIZE_MAX);
		return NULL;
	}
	return type;
}

static size_t divide_up(size_t value, size_t by)
{
	return (value + by - 1) / by;
}

static void set_record_line_max(const struct decoder *decoder, struct record_plan *plan)
{
	const struct flexible *flexible = &plan->flexible;

	plan->line_max = plan->head.length + HEADER_LINE_MAX + plan->tail.length;
	for (size_t i = 0; i < plan->value_count; i++) {
		const struct value *value = &decoder->values[plan->first_value + i];

		plan->line_max += value_text_max(value);
		if (value->is_flexible && value->is_array)
			plan->line_factor = divide_up(value_one_max(value), value->size);
		else if (value->is_flexible)
			plan->line_factor = value_byte_max(value);
	}
	if (flexible->size > 0) {
		plan->line_max += flexible->before.length;
		plan->line_factor = divide_up(flexible->text_max, flexible->size);
	}
}

/*
 * A record must have all of its struct, but where the last member is a flexible array: programs
 * send as much as they filled, which may be less than the struct with its padding.
 */
static uint32_t size_needed(const struct compiler *compiler)
{
	const struct record_plan *plan = compiler->plan;
	const struct value *last =
		plan->value_count > 0
			? &compiler->decoder->values[plan->first_value + plan->value_count - 1]
			: NULL;

	if (plan->flexible.size > 0)
		return MAX(compiler->end, (uint64_t)plan->flexible.offset);
	return last && last->is_flexible ? compiler->end : compiler->size;
}

static int add_record(struct compiler *compiler, size_t index)
{
	struct decoder *decoder = compiler->decoder;
	struct record_plan *plan = &decoder->records[index];
	struct scope scope = {.place = {.is_last = true}, .has_member = true};
	const struct btf_type *type;
	int err;

	compiler->record = compiler->settings->events->records[index];
	compiler->fields_left = FIELDS_MAX;
	type = find_struct(compiler);
	if (!type)
		return -EINVAL;
	err = check_header(compiler, type, index);
	if (!err)
		err = add_head(compiler, compiler->record, &plan->head);
	if (err)
		return err;

	compiler->plan = plan;
	compiler->end = 0;
	plan->first_value = decoder->value_count;
	err = compiler_add_members(compiler, type, decoder->has_header, &scope);
	if (!err)
		err = compiler_pend(compiler, "}");
	if (!err)
		err = compiler_take_pending(compiler, &plan->tail);
	if (err)
		return err;
	plan->value_count =
		(plan->flexible.size > 0 ? plan->flexible.first_value : decoder->value_count) -
		plan->first_value;
	plan->size = size_needed(compiler);
	set_record_line_max(decoder, plan);
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
	/* There, even if no struct has a member. */
	decoder->values = calloc(1, sizeof(*decoder->values));
	if (!compiler->format_used || !decoder->records || !decoder->values)
		return compiler_out_of_memory(compiler);
	for (size_t i = 0; !err && i < events->record_count; i++) {
		err = add_record(compiler, i);
		decoder->record_count = i + 1;
	}
	return err ?: compiler_check_formats(compiler);
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
	free(compiler->path.data);
	free(compiler->format_used);
}

static void set_line_max(struct decoder *decoder)
{
	size_t head = decoder->head.length;

	for (size_t i = 0; i < decoder->record_count; i++) {
		head = MAX(head, (size_t)decoder->records[i].head.length);
		decoder->record_line_max =
			MAX(decoder->record_line_max, decoder->records[i].line_max);
		decoder->record_line_factor =
			MAX(decoder->record_line_factor, decoder->records[i].line_factor);
	}
	decoder->error_line_max = head + HEADER_LINE_MAX + ERROR_LINE_MAX;
}

int decoder_new(const struct decoder_settings *settings, struct decoder **ret,
		struct failure *reterr_failure)
{
	CLEANUP(decoder_free_pointer) struct decoder *decoder = calloc(1, sizeof(*decoder));
	CLEANUP(compiler_deinit)
	struct compiler compiler = {
		.settings = settings,
		.btf = settings->btf,
		.decoder = decoder,
		.failure = reterr_failure,
	};
	int err;

	if (!decoder)
		return compiler_out_of_memory(&compiler);
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
	size_t typed = decoder->record_line_max + decoder->record_line_factor * length;
	size_t longest = MAX(typed, decoder->error_line_max + 2 * (size_t)length);

	return MIN(longest, DECODER_LINE_MAX) + MAX(JSON_SLACK, LITERAL_SLACK);
}
