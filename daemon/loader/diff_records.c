/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records side by side: the structs that begin with the header of ebpfd.bpf.h, and those that unit
 * files name by Record=. A ring and its reader change with the generation, so that no difference is
 * a reason against a reload; whoever reads the events has to know of it.
 */
#include <errno.h>
#include <string.h>

#include "daemon/loader/diff.h"
#include "daemon/loader/layout.h"
#include "daemon/loader/report.h"

#define HEADER_STRUCT "ebpfd_record"

static const char *name_of(const struct btf *btf, const struct btf_type *type)
{
	const char *name = type ? btf__name_by_offset(btf, type->name_off) : NULL;

	return name ? name : "";
}

static bool has_header(const struct btf *btf, const struct btf_type *type)
{
	const struct btf_type *first;

	if (btf_vlen(type) == 0)
		return false;
	first = btf__type_by_id(btf, btf_members(type)->type);
	return first && btf_is_struct(first) && strcmp(name_of(btf, first), HEADER_STRUCT) == 0;
}

/* The name of type `id`, if it is a record; else NULL. */
static const char *record_name(const struct diff *diff, const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);
	const char *name = name_of(btf, type);

	if (!type || !btf_is_struct(type) || !*name)
		return NULL;
	return has_header(btf, type) || diff_lists(diff->request->records, name) ? name : NULL;
}

static json_t *describe(const char *name, const char *change)
{
	return json_pack("{s:o, s:s}", "name", report_text(name), "change", change);
}

static int add_record(struct diff *diff, const char *name, const char *change)
{
	return json_array_append_new(diff->records, describe(name, change)) < 0 ? -ENOMEM : 0;
}

static int compare_record(struct diff *diff, const char *name, uint32_t former_id, uint32_t id)
{
	char changes[LAYOUT_TEXT_MAX];
	int differs = layout_compare(name, bpf_object__btf(diff->former.object), former_id,
				     bpf_object__btf(diff->object.object), id, changes);
	json_t *row;

	if (differs < 0)
		return differs;
	row = describe(name, differs ? "changed" : "same");
	if (differs)
		json_object_set_new(row, "changes", report_text(changes));
	return json_array_append_new(diff->records, row) < 0 ? -ENOMEM : 0;
}

static int32_t find_struct(const struct bpf_object *object, const char *name)
{
	return btf__find_by_name_kind(bpf_object__btf(object), name, BTF_KIND_STRUCT);
}

/* Types of one name are one record: the first. */
static int diff_struct(struct diff *diff, const char *name, uint32_t id)
{
	int32_t former = find_struct(diff->former.object, name);

	if (find_struct(diff->object.object, name) != (int32_t)id)
		return 0;
	return former < 0 ? add_record(diff, name, "added")
			  : compare_record(diff, name, (uint32_t)former, id);
}

static int add_removed(struct diff *diff, const char *name, uint32_t id)
{
	if (find_struct(diff->former.object, name) != (int32_t)id ||
	    find_struct(diff->object.object, name) > 0)
		return 0;
	return add_record(diff, name, "removed");
}

static int for_each_record(struct diff *diff, const struct bpf_object *object,
			   int (*take)(struct diff *diff, const char *name, uint32_t id))
{
	const struct btf *btf = bpf_object__btf(object);
	int err = 0;

	for (uint32_t id = 1; !err && id < btf__type_cnt(btf); id++) {
		const char *name = record_name(diff, btf, id);

		if (name)
			err = take(diff, name, id);
	}
	return err;
}

int diff_records(struct diff *diff)
{
	int err = for_each_record(diff, diff->object.object, diff_struct);

	return err ? err : for_each_record(diff, diff->former.object, add_removed);
}
