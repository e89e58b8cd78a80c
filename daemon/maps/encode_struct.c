/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/maps/encoder.h"

#include <errno.h>
#include <string.h>

#include "daemon/events/decode_btf.h"
#include "lib/str.h"

#define NAMES_MAX 512

/* A struct that is being filled from an object; anonymous ones within take members of the same. */
struct filling {
	const json_t *object;
	uint8_t *bytes; /* of the struct or union */
	uint64_t first; /* bit, from there */
	unsigned depth;
	unsigned given; /* members that the object had */
};

static int fill(struct encoder *encoder, const struct btf_type *type, struct filling *filling);

/* ---- members -------------------------------------------------------------------------------- */

struct member {
	const char *name; /* "": anonymous */
	const struct btf_type *type;
	uint32_t id;
	struct bits bits; /* from the struct's first byte; count 0: no bit field */
};

static int read_member(struct encoder *encoder, const struct btf_type *type, unsigned index,
		       struct member *ret)
{
	const struct btf_member *from = &btf_members(type)[index];
	const struct btf *btf = encoder->entry->btf;
	struct member member = {.id = from->type};
	int err = type_name(btf, from->name_off, &member.name);

	if (!err)
		err = type_resolve(btf, from->type, &member.type, NULL);
	if (err)
		return encoder_broken(encoder, err);
	member.bits.first = btf_member_bit_offset(type, index);
	member.bits.count = btf_member_bitfield_size(type, index);
	*ret = member;
	return 0;
}

static int fill_named(struct encoder *encoder, const struct member *member, const json_t *value,
		      struct filling *filling)
{
	struct bits bits = {.first = filling->first + member->bits.first,
			    .count = member->bits.count};
	size_t length = encoder_enter(encoder, ".%s", member->name);
	int err;

	if (bits.count > 0)
		err = encoder_number(encoder, member->type, bits, value, filling->bytes);
	else if (bits.first % 8 != 0)
		err = encoder_broken(encoder, -EINVAL);
	else
		err = encoder_type(encoder, member->id, value, filling->bytes + bits.first / 8);
	encoder_leave(encoder, length);
	return err;
}

/* Its members are those of the struct around it. */
static int fill_anonymous(struct encoder *encoder, const struct member *member,
			  struct filling *filling)
{
	struct filling inner = *filling;
	int err;

	if (!btf_is_composite(member->type))
		return 0; /* padding */
	inner.first += member->bits.first;
	inner.given = 0;
	inner.depth++;
	err = fill(encoder, member->type, &inner);
	filling->given += inner.given > 0;
	return err;
}

static int fill_member(struct encoder *encoder, const struct btf_type *type, unsigned index,
		       struct filling *filling)
{
	struct member member;
	const json_t *value;
	int err = read_member(encoder, type, index, &member);

	if (err)
		return err;
	if (!*member.name)
		return fill_anonymous(encoder, &member, filling);
	value = json_object_get(filling->object, member.name);
	if (!value && btf_is_union(type))
		return 0;
	if (!value)
		return failure_set(encoder->failure, OUTCOME_USAGE, -EINVAL,
				   "%s.%s: is missing; all fields must be given", encoder->path,
				   member.name);
	filling->given++;
	return fill_named(encoder, &member, value, filling);
}

/* ---- names ---------------------------------------------------------------------------------- */

/* Adds the names of all members to the list; a list that is full stays as it is. */
static void list_names(struct encoder *encoder, const struct btf_type *type, unsigned depth,
		       char *list, size_t size)
{
	for (unsigned i = 0; i < btf_vlen(type) && depth < TYPE_DEPTH_MAX; i++) {
		struct member member;

		if (read_member(encoder, type, i, &member) < 0)
			return;
		if (!*member.name && btf_is_composite(member.type))
			list_names(encoder, member.type, depth + 1, list, size);
		else if (*member.name && str_list_add(list, size, member.name) < 0)
			return;
	}
}

static bool has_member(struct encoder *encoder, const struct btf_type *type, unsigned depth,
		       const char *name)
{
	for (unsigned i = 0; i < btf_vlen(type) && depth < TYPE_DEPTH_MAX; i++) {
		struct member member;

		if (read_member(encoder, type, i, &member) < 0)
			return false;
		if (*member.name ? strcmp(member.name, name) == 0
				 : btf_is_composite(member.type) &&
					   has_member(encoder, member.type, depth + 1, name))
			return true;
	}
	return false;
}

/* ---- structs -------------------------------------------------------------------------------- */

static int fill(struct encoder *encoder, const struct btf_type *type, struct filling *filling)
{
	char names[NAMES_MAX] = "";
	int err = 0;

	if (filling->depth >= TYPE_DEPTH_MAX)
		return encoder_broken(encoder, -ELOOP);
	for (unsigned i = 0; !err && i < btf_vlen(type); i++)
		err = fill_member(encoder, type, i, filling);
	if (err || !btf_is_union(type) || filling->given == 1 || btf_vlen(type) == 0)
		return err;
	list_names(encoder, type, 0, names, sizeof(names));
	return failure_set(encoder->failure, OUTCOME_USAGE, -EINVAL,
			   "%s: give one member of the union, and not %u: %s", encoder->path,
			   filling->given, names);
}

static int check_names(struct encoder *encoder, const struct btf_type *type, const json_t *object)
{
	char names[NAMES_MAX] = "";
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)object, name, value) {
		if (has_member(encoder, type, 0, name))
			continue;
		list_names(encoder, type, 0, names, sizeof(names));
		return failure_set(encoder->failure, OUTCOME_USAGE, -EINVAL,
				   "%s.%s: there is no such field; there are: %s", encoder->path,
				   name, names);
	}
	return 0;
}

int encoder_struct(struct encoder *encoder, const struct btf_type *type, const json_t *json,
		   uint8_t *bytes)
{
	struct filling filling = {.object = json, .bytes = bytes};
	char names[NAMES_MAX] = "", what[NAMES_MAX + 32];
	int err;

	if (!json_is_object(json)) {
		list_names(encoder, type, 0, names, sizeof(names));
		(void)str_format(what, sizeof(what), "an object with %s", names);
		return encoder_refuse(encoder, json, what);
	}
	err = check_names(encoder, type, json);
	return err ? err : fill(encoder, type, &filling);
}
