/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/decode_compiler.h"

#include <bpf/btf.h>
#include <string.h>

#include "daemon/events/decode_btf.h"
#include "lib/str.h"

/* Members of all structs, at all levels, that are looked at: a message need not have more, and a
 * loop in the types ends there. */
#define LISTED_MAX 60

struct listing {
	struct compiler *compiler;
	char *text;
	size_t size;
	size_t used;
	unsigned left;	       /* of LISTED_MAX */
	const char *separator; /* before the next field */
};

/* What does not fit whole is left out, and nothing follows it. */
static void list(struct listing *listing, const char *before, const char *text, size_t length)
{
	if (str_format(listing->text + listing->used, listing->size - listing->used, "%s%.*s",
		       before, (int)length, text) < 0) {
		listing->text[listing->used] = '\0';
		listing->left = 0;
	}
	listing->used += strlen(listing->text + listing->used);
}

/* The type behind typedefs and arrays, which paths do not name. NULL where it is broken. */
static const struct btf_type *element_of(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = NULL;

	for (unsigned i = 0; i < TYPE_DEPTH_MAX; i++) {
		if (type_resolve(btf, id, &type, NULL) < 0)
			return NULL;
		if (!btf_is_array(type))
			return type;
		id = btf_array(type)->type;
	}
	return NULL;
}

static void list_members(struct listing *listing, const struct btf_type *type, unsigned start);

static void list_member(struct listing *listing, const struct btf_member *member)
{
	struct compiler *compiler = listing->compiler;
	const struct btf_type *type = element_of(compiler->btf, member->type);
	size_t path_length = compiler->path.length;
	const char *name;

	if (!type || type_name(compiler->btf, member->name_off, &name) < 0 ||
	    (*name && compiler_enter(compiler, name) < 0))
		return;
	if (btf_is_composite(type)) {
		list_members(listing, type, 0);
	} else if (*name) {
		list(listing, listing->separator, compiler->path.data, compiler->path.length);
		listing->separator = ", ";
	}
	compiler->path.length = path_length;
}

static void list_members(struct listing *listing, const struct btf_type *type, unsigned start)
{
	for (unsigned i = start; i < btf_vlen(type) && listing->left > 0; i++) {
		listing->left--;
		list_member(listing, &btf_members(type)[i]);
	}
}

static void list_record(struct listing *listing, const char *record)
{
	const struct btf *btf = listing->compiler->btf;
	int id = btf__find_by_name_kind(btf, record, BTF_KIND_STRUCT);

	if (id < 0)
		return;
	list(listing, listing->used > 0 ? "; " : "", record, strlen(record));
	listing->separator = " has ";
	list_members(listing, btf__type_by_id(btf, (uint32_t)id),
		     listing->compiler->decoder->has_header);
}

static void list_part(struct listing *listing, const struct entry_part *part, const char *name)
{
	struct compiler *compiler = listing->compiler;
	const struct btf_type *type = part->type ? element_of(compiler->btf, part->type) : NULL;
	size_t path_length = compiler->path.length;

	if (compiler_enter(compiler, name) < 0)
		return;
	if (type && btf_is_composite(type)) {
		list_members(listing, type, 0);
	} else {
		list(listing, listing->separator, compiler->path.data, compiler->path.length);
		listing->separator = ", ";
	}
	compiler->path.length = path_length;
}

void compiler_list_fields(struct compiler *compiler, char *buffer, size_t size)
{
	struct listing listing = {
		.compiler = compiler, .text = buffer, .size = size, .left = LISTED_MAX};

	*buffer = '\0';
	if (compiler->entry) {
		listing.separator = "it has ";
		list_part(&listing, &compiler->entry->key, "key");
		list_part(&listing, &compiler->entry->value, "value");
		return;
	}
	for (size_t i = 0; i < compiler->settings->events->record_count && listing.left > 0; i++)
		list_record(&listing, compiler->settings->events->records[i]);
}
