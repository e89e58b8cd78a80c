/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/maps/encoder.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/events/decode_btf.h"
#include "lib/cleanup.h"
#include "lib/macro.h"
#include "lib/str.h"

/* A struct that is being filled from an object; anonymous ones within take members of the same. */
struct filling {
	const json_t *object;
	uint8_t *bytes; /* of the struct or union */
	uint64_t first; /* bit, from there */
	unsigned depth;
};

static int fill(struct encoder *encoder, const struct btf_type *type,
		const struct filling *filling);

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
		      const struct filling *filling)
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
			  const struct filling *filling)
{
	struct filling inner = *filling;

	if (!btf_is_composite(member->type))
		return 0; /* padding */
	inner.first += member->bits.first;
	inner.depth++;
	return fill(encoder, member->type, &inner);
}

static int fill_member(struct encoder *encoder, const struct member *member,
		       const struct filling *filling)
{
	const json_t *value;

	if (!*member->name)
		return fill_anonymous(encoder, member, filling);
	value = json_object_get(filling->object, member->name);
	return value ? fill_named(encoder, member, value, filling)
		     : failure_set(encoder->failure, OUTCOME_USAGE, -EINVAL,
				   "%s.%s: is missing; all fields must be given", encoder->path,
				   member->name);
}

/* ---- names ---------------------------------------------------------------------------------- */

typedef bool (*name_fn)(const char *name, void *data);

/* Until it returns true for a name of a member, which is then returned. */
static bool any_name(struct encoder *encoder, const struct btf_type *type, unsigned depth,
		     name_fn is_it, void *data)
{
	for (unsigned i = 0; i < btf_vlen(type) && depth < TYPE_DEPTH_MAX; i++) {
		struct member member;

		if (read_member(encoder, type, i, &member) < 0)
			return false;
		if (*member.name ? is_it(member.name, data)
				 : btf_is_composite(member.type) &&
					   any_name(encoder, member.type, depth + 1, is_it, data))
			return true;
	}
	return false;
}

struct names {
	char list[512];
};

/* A list that is full stays as it is. */
static bool add_name(const char *name, void *data)
{
	struct names *names = data;

	return str_list_add(names->list, sizeof(names->list), name) < 0;
}

static struct names names_of(struct encoder *encoder, const struct btf_type *type)
{
	struct names names = {""};

	(void)any_name(encoder, type, 0, add_name, &names);
	return names;
}

static bool is_name(const char *name, void *data)
{
	return strcmp(name, data) == 0;
}

static bool is_in(const char *name, void *data)
{
	return json_object_get(data, name) != NULL;
}

/* ---- unions --------------------------------------------------------------------------------- */

/* What has no name is given by any of its members. */
static bool is_given(struct encoder *encoder, const struct member *member, const json_t *object)
{
	if (*member->name)
		return is_in(member->name, (json_t *)object);
	return btf_is_composite(member->type) &&
	       any_name(encoder, member->type, 0, is_in, (json_t *)object);
}

static bool begin_alike(const uint8_t *one, const uint8_t *other, uint64_t bits)
{
	unsigned rest = bits % 8;
	uint8_t mask =
		(uint8_t)(__BYTE_ORDER == __LITTLE_ENDIAN ? (1U << rest) - 1 : 0xff00U >> rest);

	return memcmp(one, other, bits / 8) == 0 &&
	       (rest == 0 || ((one[bits / 8] ^ other[bits / 8]) & mask) == 0);
}

/* The union so far: its bytes, and how many bits of them the members have said. */
struct overlay {
	uint8_t *bytes;
	uint64_t bits;
	bool is_said;
};

static int lay_over(struct encoder *encoder, const struct btf_type *type,
		    const struct member *member, const struct filling *filling,
		    struct overlay *overlay)
{
	cleanup_free uint8_t *bytes = calloc(1, (size_t)type->size + 1);
	const struct filling alone = {
		.object = filling->object, .bytes = bytes, .depth = filling->depth};
	uint64_t size, bits;
	int err = bytes ? type_size(encoder->entry->btf, member->id, &size) : -ENOMEM;

	if (err)
		return encoder_broken(encoder, err);
	err = fill_member(encoder, member, &alone);
	if (err)
		return err;
	bits = member->bits.count ? member->bits.count : 8 * size;
	if (!begin_alike(bytes, overlay->bytes, MIN(bits, overlay->bits)))
		return failure_set(encoder->failure, OUTCOME_USAGE, -EINVAL,
				   "%s: the members of the union that are given differ; give one: "
				   "%s",
				   encoder->path, names_of(encoder, type).list);
	overlay->is_said = true;
	if (bits > overlay->bits) {
		memcpy(overlay->bytes, bytes, (bits + 7) / 8);
		overlay->bits = bits;
	}
	return 0;
}

/* One is enough; all may be given, as they are shown, if they agree where they overlap. */
static int fill_union(struct encoder *encoder, const struct btf_type *type,
		      const struct filling *filling)
{
	struct overlay overlay = {.bytes = filling->bytes + filling->first / 8};
	int err = 0;

	for (unsigned i = 0; !err && i < btf_vlen(type); i++) {
		struct member member;

		err = read_member(encoder, type, i, &member);
		if (!err && is_given(encoder, &member, filling->object))
			err = lay_over(encoder, type, &member, filling, &overlay);
	}
	if (err || overlay.is_said || btf_vlen(type) == 0)
		return err;
	return failure_set(encoder->failure, OUTCOME_USAGE, -EINVAL,
			   "%s: give one member of the union: %s", encoder->path,
			   names_of(encoder, type).list);
}

/* ---- structs -------------------------------------------------------------------------------- */

static int fill(struct encoder *encoder, const struct btf_type *type, const struct filling *filling)
{
	int err = 0;

	if (filling->depth >= TYPE_DEPTH_MAX)
		return encoder_broken(encoder, -ELOOP);
	if (btf_is_union(type))
		return fill_union(encoder, type, filling);
	for (unsigned i = 0; !err && i < btf_vlen(type); i++) {
		struct member member;

		err = read_member(encoder, type, i, &member);
		if (!err)
			err = fill_member(encoder, &member, filling);
	}
	return err;
}

static int check_names(struct encoder *encoder, const struct btf_type *type, const json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)object, name, value)
		if (!any_name(encoder, type, 0, is_name, (char *)name))
			return failure_set(encoder->failure, OUTCOME_USAGE, -EINVAL,
					   "%s.%s: there is no such field; there are: %s",
					   encoder->path, name, names_of(encoder, type).list);
	return 0;
}

int encoder_struct(struct encoder *encoder, const struct btf_type *type, const json_t *json,
		   uint8_t *bytes)
{
	struct filling filling = {.object = json, .bytes = bytes};
	char what[sizeof(struct names) + 32];
	int err;

	if (!json_is_object(json)) {
		(void)str_format(what, sizeof(what), "an object with %s",
				 names_of(encoder, type).list);
		return encoder_refuse(encoder, json, what);
	}
	err = check_names(encoder, type, json);
	return err ? err : fill(encoder, type, &filling);
}
