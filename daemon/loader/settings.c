/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/settings.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "daemon/loader/rodata.h"

/* The loopback, which every host has. To the verifier, one number is as good as another. */
#define SOME_INTERFACE "1"

/* A number, or "interface:NAME" for the index that one has now. */
static int read_unsigned(const char *text, uint64_t *ret)
{
	const char *interface;

	if (!str_has_prefix(text, "interface:", &interface))
		return str_to_u64(text, ret);
	*ret = if_nametoindex(interface);
	return *ret ? 0 : -ENODEV;
}

static int set_unsigned(const struct variable *variable, const char *text)
{
	uint64_t value;
	int err = read_unsigned(text, &value);

	if (err)
		return err;
	if (variable->size < sizeof(value) && value >> (8 * variable->size))
		return -ERANGE;
	rodata_store(variable, value);
	return 0;
}

static int set_signed(const struct variable *variable, const char *text)
{
	int64_t value, limit;
	int err = str_to_s64(text, &value);

	if (err)
		return err;
	limit = (int64_t)(UINT64_MAX >> (65 - 8 * variable->size));
	if (value > limit || value < -limit - 1)
		return -ERANGE;
	rodata_store(variable, (uint64_t)value);
	return 0;
}

static int set_bool(const struct variable *variable, const char *text)
{
	bool value;
	int err = str_to_bool(text, &value);

	if (err)
		return err;
	rodata_store(variable, value);
	return 0;
}

static int set_integer(const struct variable *variable, const char *text)
{
	if (variable->size > sizeof(uint64_t))
		return -EOPNOTSUPP;
	if (btf_int_encoding(variable->type) & BTF_INT_BOOL)
		return set_bool(variable, text);
	if (btf_int_encoding(variable->type) & BTF_INT_SIGNED)
		return set_signed(variable, text);
	return set_unsigned(variable, text);
}

static int set_enum(const struct variable *variable, const char *text)
{
	const struct btf_enum *value = btf_enum(variable->type);

	for (int i = 0; i < btf_vlen(variable->type); i++, value++)
		if (strcmp(btf__name_by_offset(variable->btf, value->name_off), text) == 0) {
			rodata_store(variable, (uint64_t)(int64_t)value->val);
			return 0;
		}
	return set_signed(variable, text);
}

static int set_text(const struct variable *variable, const char *text)
{
	const struct btf_array *array = btf_array(variable->type);
	const struct btf_type *element = rodata_look_through(variable->btf, array->type);

	if (!element || !btf_is_int(element) || element->size != 1)
		return -EOPNOTSUPP;
	if (strlen(text) >= variable->size)
		return -ERANGE;
	memset(variable->data, 0, variable->size);
	memcpy(variable->data, text, strlen(text));
	return 0;
}

static int set_variable(const struct variable *variable, const char *text)
{
	if (btf_is_int(variable->type))
		return set_integer(variable, text);
	if (btf_is_enum(variable->type))
		return set_enum(variable, text);
	if (btf_is_array(variable->type))
		return set_text(variable, text);
	return -EOPNOTSUPP;
}

/* What a variable takes, for people. It is of a type that can be set. */
static void describe(const struct variable *variable, char *text, size_t size)
{
	unsigned bits = 8 * (unsigned)variable->size;

	if (btf_is_enum(variable->type))
		(void)str_format(text, size, "a name of its enum, or a number");
	else if (btf_is_array(variable->type))
		(void)str_format(text, size, "a text of at most %zu bytes", variable->size - 1);
	else if (btf_int_encoding(variable->type) & BTF_INT_BOOL)
		(void)str_format(text, size, "yes or no");
	else if (btf_int_encoding(variable->type) & BTF_INT_SIGNED)
		(void)str_format(text, size, "a number of -%llu to %llu", 1ULL << (bits - 1),
				 (1ULL << (bits - 1)) - 1);
	else
		(void)str_format(text, size, "a number of 0 to %llu",
				 (unsigned long long)(UINT64_MAX >> (64 - bits)));
}

static int apply_one(const struct loading *loading, const struct unit_set *set,
		     struct failure *reterr_failure)
{
	struct variable variable;
	char takes[64];
	int err;

	if (!rodata_find(loading->object, set->name, &variable))
		return failure_set(reterr_failure, OUTCOME_REFUSED, -ENOENT,
				   "%s:%u: the object has no read-only variable \"%s\" "
				   "(const volatile, and used by a program)",
				   loading->file->path, set->line, set->name);
	err = set_variable(&variable, set->value);
	if (err == -ENODEV && loading->request->elsewhere)
		err = set_variable(&variable, SOME_INTERFACE);
	if (!err)
		return 0;
	if (err == -EOPNOTSUPP)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, err,
			"%s:%u: %s= cannot be set: the variable's type is no integer, bool, "
			"enum or text",
			loading->file->path, set->line, set->name);
	if (err == -ENODEV)
		return failure_set(reterr_failure, OUTCOME_REFUSED, err,
				   "%s:%u: %s=%s: there is no such interface", loading->file->path,
				   set->line, set->name, set->value);
	describe(&variable, takes, sizeof(takes));
	return failure_set(reterr_failure, OUTCOME_REFUSED, err,
			   "%s:%u: %s= cannot be '%s'; it takes %s", loading->file->path, set->line,
			   set->name, set->value, takes);
}

/* The first hook that names a program gives the number that its records carry. */
static void number_program(const struct loading *loading, size_t hook)
{
	char name[OBJECT_NAME_MAX + sizeof("ebpfd_hook_")];
	struct variable variable;

	for (size_t i = 0; i < hook; i++)
		if (loading->hooks[i].program == loading->hooks[hook].program)
			return;
	if (str_format(name, sizeof(name), "ebpfd_hook_%s", loading->hooks[hook].config->program) ==
		    0 &&
	    rodata_find(loading->object, name, &variable) && variable.size <= sizeof(uint64_t))
		rodata_store(&variable, loading->hooks[hook].number);
}

int settings_apply(const struct loading *loading, struct failure *reterr_failure)
{
	for (size_t i = 0; i < loading->hook_count; i++)
		number_program(loading, i);
	for (size_t i = 0; i < loading->file->set_count; i++) {
		int err = apply_one(loading, &loading->file->sets[i], reterr_failure);

		if (err)
			return err;
	}
	return 0;
}
