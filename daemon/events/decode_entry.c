/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/types.h>

#include "daemon/events/decode_entry.h"

#include <bpf/btf.h>
#include <errno.h>

#include "daemon/events/decode_btf.h"
#include "daemon/events/decode_compiler.h"
#include "lib/cleanup.h"
#include "lib/str.h"

/* A key or value by its name in Format=. */
struct named_part {
	const char *name;
	const struct entry_part *part;
};

static int add_untyped(struct compiler *compiler, const struct entry_part *part,
		       const struct place *place)
{
	struct value value = {.kind = VALUE_BYTES, .size = part->size, .count = 1};

	if (part->is_number) {
		value.kind = VALUE_UNSIGNED;
		value.load = LOAD_4;
		value.unused = 64 - 32;
	}
	return compiler_add_value(compiler, value, place);
}

static int add_variable(struct compiler *compiler, const struct btf_var_secinfo *info,
			struct scope *scope)
{
	const struct btf_type *variable = btf__type_by_id(compiler->btf, info->type);
	size_t path_length = compiler->path.length;
	struct place place = scope->place;
	const char *name;
	int err = variable && btf_is_var(variable)
			  ? type_name(compiler->btf, variable->name_off, &name)
			  : -EINVAL;

	if (err)
		return compiler_broken_type(compiler, err);
	err = compiler_use_field(compiler);
	if (!err)
		err = compiler_add_key(compiler, name, scope);
	if (!err)
		err = compiler_enter(compiler, name);
	place.offset += info->offset;
	if (!err)
		err = compiler_add_type(compiler, variable->type, compiler_find_format(compiler),
					&place);
	compiler->path.length = path_length;
	return err;
}

/* The value of .bss, .data and .rodata: an object of the section's variables. */
static int add_section(struct compiler *compiler, const struct btf_type *section,
		       const struct place *place)
{
	const struct btf_var_secinfo *infos = btf_var_secinfos(section);
	struct scope scope = {.place = *place};
	int err = compiler_pend(compiler, "{");

	scope.place.depth++;
	if (!err)
		err = compiler_close_before(compiler, '}', &scope.place.after);
	for (unsigned i = 0; !err && i < btf_vlen(section); i++)
		err = add_variable(compiler, &infos[i], &scope);
	return err ?: compiler_pend(compiler, "}");
}

static int add_part(struct compiler *compiler, const void *data, const struct place *place)
{
	const struct named_part *named = data;
	size_t path_length = compiler->path.length;
	const struct btf_type *type;
	int err;

	if (!named->part->type)
		return add_untyped(compiler, named->part, place);
	err = type_resolve(compiler->btf, named->part->type, &type, NULL);
	if (err)
		return compiler_broken_type(compiler, err);
	err = compiler_enter(compiler, named->name);
	if (!err)
		err = btf_is_datasec(type)
			      ? add_section(compiler, type, place)
			      : compiler_add_type(compiler, named->part->type,
						  compiler_find_format(compiler), place);
	compiler->path.length = path_length;
	return err;
}

static int add_key(struct compiler *compiler, const struct entry_settings *settings)
{
	const struct named_part key = {"key", &settings->key};
	const struct place place = {.offset = 0};
	int err = compiler_pend(compiler, "{\"key\":");

	return err ?: add_part(compiler, &key, &place);
}

static int add_value(struct compiler *compiler, const struct entry_settings *settings)
{
	const struct named_part value = {"value", &settings->value};
	const struct place place = {.offset = entry_value_offset(settings->key.size)};
	int err;

	if (!compiler->each_cpu) {
		err = compiler_pend(compiler, ",\"value\":");
		return err ?: add_part(compiler, &value, &place);
	}
	err = compiler_pend(compiler, ",\"values\":");
	return err
		       ?: compiler_add_flexible(compiler, entry_value_stride(settings->value.size),
						add_part, &value, &place);
}

static int add_entry(struct compiler *compiler)
{
	const struct entry_settings *settings = compiler->entry;
	struct decoder *decoder = compiler->decoder;
	struct record_plan *plan = &decoder->records[0];
	int err;

	decoder->record_count = 1;
	compiler->plan = plan;
	compiler->fields_left = FIELDS_MAX;
	compiler->size = entry_value_offset(settings->key.size) +
			 (compiler->each_cpu ? 0 : settings->value.size);
	err = add_key(compiler, settings);
	if (!err)
		err = add_value(compiler, settings);
	if (!err)
		err = compiler_end_record(compiler);
	return err ?: compiler_check_formats(compiler);
}

int entry_decoder_new(const struct entry_settings *settings, bool each_cpu, struct decoder **ret,
		      struct failure *reterr_failure)
{
	CLEANUP(compiler_deinit)
	struct compiler compiler = {
		.entry = settings,
		.each_cpu = each_cpu,
		.btf = settings->btf,
		.formats = settings->formats,
		.format_count = settings->format_count,
		.failure = reterr_failure,
	};

	(void)str_format(compiler.subject, sizeof(compiler.subject), "map %s", settings->map);
	if (settings->key.size > ENTRY_SIZE_MAX || settings->value.size > ENTRY_SIZE_MAX)
		return failure_set(reterr_failure, OUTCOME_REFUSED, -E2BIG,
				   "%s: a key of %u and a value of %u bytes are too large to be "
				   "shown",
				   compiler.subject, settings->key.size, settings->value.size);
	return compiler_run(&compiler, 1, add_entry, ret);
}
