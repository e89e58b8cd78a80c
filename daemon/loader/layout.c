/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/layout.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "daemon/events/decode_btf.h"
#include "lib/macro.h"

/* C allows no type to contain itself; garbage may. */
#define DEPTH_MAX 32
/* Two members of each type's next one double the work at each level. */
#define TYPES_MAX 100000
#define PATH_SIZE 256
#define NAME_SIZE 128

struct side {
	const struct btf *btf;
	const struct btf_type *type; /* looked through typedef, const and volatile */
};

struct comparison {
	char *text;
	size_t used;
	bool cut;
	bool differs;
	int depth;
	int types;
};

static int compare_types(struct comparison *comparison, const char *path, struct side before,
			 struct side after);

static void report(struct comparison *comparison, const char *format, ...) PRINTF_LIKE(2, 3);

static void report(struct comparison *comparison, const char *format, ...)
{
	static const char more[] = "; …";
	size_t room = LAYOUT_TEXT_MAX - comparison->used - sizeof(more);
	va_list values;
	int length, separator = 0;

	comparison->differs = true;
	if (comparison->cut)
		return;
	if (comparison->used)
		separator = snprintf(comparison->text + comparison->used, room, "; ");
	va_start(values, format);
	length = vsnprintf(comparison->text + comparison->used + separator,
			   room - (size_t)separator, format, values);
	va_end(values);
	if ((size_t)separator + (size_t)length >= room) {
		comparison->cut = true;
		(void)snprintf(comparison->text + comparison->used, sizeof(more), "%s",
			       comparison->used ? more : more + 2);
		return;
	}
	comparison->used += (size_t)(separator + length);
}

static int side_of(const struct btf *btf, uint32_t id, struct side *ret)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	for (int steps = 0; type && (btf_is_mod(type) || btf_is_typedef(type)); steps++) {
		if (steps == DEPTH_MAX)
			return -EINVAL;
		type = btf__type_by_id(btf, type->type);
	}
	if (!type)
		return -EINVAL;
	*ret = (struct side){.btf = btf, .type = type};
	return 0;
}

static const char *name_of(const struct side *side, uint32_t offset)
{
	const char *name = btf__name_by_offset(side->btf, offset);

	return name ? name : "";
}

static void report_types(struct comparison *comparison, const char *path, const struct side *before,
			 const struct side *after)
{
	char was[NAME_SIZE], is[NAME_SIZE];

	type_describe(before->btf, before->type, was, sizeof(was));
	type_describe(after->btf, after->type, is, sizeof(is));
	report(comparison, "%s was %s (%u bytes) and is %s (%u bytes)", path, was,
	       btf_is_array(before->type) ? 0 : before->type->size, is,
	       btf_is_array(after->type) ? 0 : after->type->size);
}

/* ---- members ---- */

struct member {
	const char *name;
	uint32_t bit_offset;
	uint32_t bits; /* of a bit field; 0: none */
	struct side side;
};

static int member_at(const struct side *side, unsigned index, struct member *ret)
{
	const struct btf_member *member = btf_members(side->type) + index;

	ret->name = name_of(side, member->name_off);
	ret->bit_offset = btf_member_bit_offset(side->type, index);
	ret->bits = btf_member_bitfield_size(side->type, index);
	return side_of(side->btf, member->type, &ret->side);
}

/* By name; members without one by their place among all. */
static int find_member(const struct side *side, const struct member *wanted, unsigned index,
		       struct member *ret, bool *found)
{
	*found = false;
	for (unsigned i = 0; i < btf_vlen(side->type); i++) {
		int err = member_at(side, i, ret);

		if (err)
			return err;
		if (strcmp(ret->name, wanted->name) == 0 && (*wanted->name || i == index)) {
			*found = true;
			return 0;
		}
	}
	return 0;
}

static void report_member(struct comparison *comparison, const char *path,
			  const struct member *member, const char *what)
{
	char type[NAME_SIZE];

	type_describe(member->side.btf, member->side.type, type, sizeof(type));
	report(comparison, "%s (%s, offset %u) is %s", path, type, member->bit_offset / 8, what);
}

static void member_path(const char *parent, const struct member *member, char path[PATH_SIZE])
{
	(void)snprintf(path, PATH_SIZE, "%s.%s", parent,
		       *member->name ? member->name : "(without a name)");
}

static int compare_member(struct comparison *comparison, const char *parent,
			  const struct member *before, const struct side *after, unsigned index)
{
	struct member now;
	char path[PATH_SIZE], type[NAME_SIZE];
	bool found;
	int err = find_member(after, before, index, &now, &found);

	if (err)
		return err;
	member_path(parent, before, path);
	if (!found) {
		report_member(comparison, path, before, "gone");
		return 0;
	}
	type_describe(now.side.btf, now.side.type, type, sizeof(type));
	if (before->bit_offset != now.bit_offset)
		report(comparison, "%s (%s) moved from offset %u to %u", path, type,
		       before->bit_offset / 8, now.bit_offset / 8);
	if (before->bits != now.bits)
		report(comparison, "%s was a field of %u bits and is one of %u", path, before->bits,
		       now.bits);
	return compare_types(comparison, path, before->side, now.side);
}

static int compare_members(struct comparison *comparison, const char *path,
			   const struct side *before, const struct side *after)
{
	struct member member, other;
	bool found;
	int err = 0;

	for (unsigned i = 0; !err && i < btf_vlen(before->type); i++) {
		err = member_at(before, i, &member);
		if (!err)
			err = compare_member(comparison, path, &member, after, i);
	}
	for (unsigned i = 0; !err && i < btf_vlen(after->type); i++) {
		char name[PATH_SIZE];

		err = member_at(after, i, &member);
		if (!err)
			err = find_member(before, &member, i, &other, &found);
		if (err || found)
			continue;
		member_path(path, &member, name);
		report_member(comparison, name, &member, "new");
	}
	if (!err && before->type->size != after->type->size)
		report(comparison, "%s was %u bytes and is %u", path, before->type->size,
		       after->type->size);
	return err;
}

/* ---- the other kinds ---- */

static int64_t enum_value_at(const struct btf_type *type, unsigned index, uint32_t *ret_name)
{
	if (btf_is_enum(type)) {
		const struct btf_enum *value = btf_enum(type) + index;

		*ret_name = value->name_off;
		return value->val;
	}
	*ret_name = btf_enum64(type)[index].name_off;
	return (int64_t)btf_enum64_value(&btf_enum64(type)[index]);
}

static bool enum_has(const struct side *side, const char *name, int64_t *ret)
{
	for (unsigned i = 0; i < btf_vlen(side->type); i++) {
		uint32_t offset;
		int64_t value = enum_value_at(side->type, i, &offset);

		if (strcmp(name_of(side, offset), name) == 0) {
			*ret = value;
			return true;
		}
	}
	return false;
}

static void compare_enums(struct comparison *comparison, const char *path,
			  const struct side *before, const struct side *after)
{
	if (before->type->size != after->type->size)
		report_types(comparison, path, before, after);
	for (unsigned i = 0; i < btf_vlen(before->type); i++) {
		uint32_t offset;
		int64_t was = enum_value_at(before->type, i, &offset), is;
		const char *name = name_of(before, offset);

		if (!enum_has(after, name, &is))
			report(comparison, "%s: the name %s is gone", path, name);
		else if (was != is)
			report(comparison, "%s: %s was %lld and is %lld", path, name,
			       (long long)was, (long long)is);
	}
}

static int compare_arrays(struct comparison *comparison, const char *path,
			  const struct side *before, const struct side *after)
{
	const struct btf_array *was = btf_array(before->type), *is = btf_array(after->type);
	struct side was_element, is_element;
	char element_path[PATH_SIZE];

	if (side_of(before->btf, was->type, &was_element) < 0 ||
	    side_of(after->btf, is->type, &is_element) < 0)
		return -EINVAL;
	if (was->nelems != is->nelems)
		report(comparison, "%s had %u elements and has %u", path, was->nelems, is->nelems);
	(void)snprintf(element_path, sizeof(element_path), "%s[]", path);
	return compare_types(comparison, element_path, was_element, is_element);
}

static bool is_same_integer(const struct btf_type *before, const struct btf_type *after)
{
	return before->size == after->size && btf_int_encoding(before) == btf_int_encoding(after) &&
	       btf_int_bits(before) == btf_int_bits(after);
}

static int compare_kinds(struct comparison *comparison, const char *path, struct side before,
			 struct side after)
{
	if (btf_is_any_enum(before.type) && btf_is_any_enum(after.type)) {
		compare_enums(comparison, path, &before, &after);
		return 0;
	}
	if (btf_kind(before.type) != btf_kind(after.type)) {
		report_types(comparison, path, &before, &after);
		return 0;
	}
	if (btf_is_composite(before.type))
		return compare_members(comparison, path, &before, &after);
	if (btf_is_array(before.type))
		return compare_arrays(comparison, path, &before, &after);
	if ((btf_is_int(before.type) && !is_same_integer(before.type, after.type)) ||
	    (btf_is_float(before.type) && before.type->size != after.type->size))
		report_types(comparison, path, &before, &after);
	return 0;
}

static int compare_types(struct comparison *comparison, const char *path, struct side before,
			 struct side after)
{
	int err;

	if (comparison->depth == DEPTH_MAX || ++comparison->types > TYPES_MAX)
		return -EINVAL;
	comparison->depth++;
	err = compare_kinds(comparison, path, before, after);
	comparison->depth--;
	return err;
}

int layout_compare(const char *name, const struct btf *before, uint32_t before_id,
		   const struct btf *after, uint32_t after_id, char text[LAYOUT_TEXT_MAX])
{
	struct comparison comparison = {.text = text};
	struct side was, is;
	int err;

	text[0] = '\0';
	if (side_of(before, before_id, &was) < 0 || side_of(after, after_id, &is) < 0)
		return -EINVAL;
	err = compare_types(&comparison, name, was, is);
	return err ? err : comparison.differs;
}
