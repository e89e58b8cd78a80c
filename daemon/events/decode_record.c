/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/types.h>

#include "daemon/events/decode.h"

#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "bpf/record.h"
#include "daemon/events/decode_btf.h"
#include "daemon/events/decode_compiler.h"
#include "daemon/events/json_text.h"
#include "lib/cleanup.h"
#include "lib/str.h"

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

static int add_record(struct compiler *compiler, size_t index)
{
	struct decoder *decoder = compiler->decoder;
	struct record_plan *plan = &decoder->records[index];
	struct scope scope = {.place = {.is_last = true}, .has_member = true};
	const struct btf_type *type;
	int err;

	compiler->record = compiler->settings->events->records[index];
	(void)str_format(compiler->subject, sizeof(compiler->subject), "Record=%s",
			 compiler->record);
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
		err = compiler_end_record(compiler);
	return err;
}

static int add_records(struct compiler *compiler)
{
	struct decoder *decoder = compiler->decoder;
	int err = 0;

	if (compiler->btf) {
		for (size_t i = 0; !err && i < compiler->settings->events->record_count; i++) {
			err = add_record(compiler, i);
			decoder->record_count = i + 1;
		}
		if (!err)
			err = compiler_check_formats(compiler);
	}
	return err ?: add_head(compiler, NULL, &decoder->head);
}

int decoder_new(const struct decoder_settings *settings, struct decoder **ret,
		struct failure *reterr_failure)
{
	CLEANUP(compiler_deinit)
	struct compiler compiler = {
		.settings = settings,
		.btf = settings->btf,
		.formats = settings->events->formats,
		.format_count = settings->events->format_count,
		.subject = "Record=",
		.failure = reterr_failure,
	};

	return compiler_run(&compiler, settings->events->record_count, add_records, ret);
}
