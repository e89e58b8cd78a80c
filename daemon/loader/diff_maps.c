/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps side by side: their shapes, and their contents by types. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/loader/diff.h"
#include "daemon/loader/report.h"
#include "daemon/loader/shape.h"

/* By the object alone, or by what unit files make of it (daemon/loader/maps.c). */
static bool is_kept(const struct diff *diff, const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);

	if (bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY || bpf_map__is_internal(map) ||
	    diff_lists(diff->request->private, name))
		return false;
	return bpf_map__pin_path(map) || diff_lists(diff->request->kept, name);
}

/* libbpf puts the object's name before that of a data section. */
static const char *shown_name(const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);

	return bpf_map__is_internal(map) && strchr(name, '.') ? strchr(name, '.') : name;
}

static json_t *describe(const struct diff *diff, const struct bpf_map *map, const char *change)
{
	const char *type = libbpf_bpf_map_type_str(bpf_map__type(map));

	return json_pack("{s:o, s:s, s:b, s:s}", "name", report_text(shown_name(map)), "change",
			 change, "kept", (int)is_kept(diff, map), "type", type ? type : "unknown");
}

/* The maps of an array of maps. libbpf gives only those that the object declares. */
static int compare_inner(struct bpf_map *former, struct bpf_map *map, char text[LAYOUT_TEXT_MAX])
{
	struct bpf_map *former_inner = bpf_map__inner_map(former), *inner = bpf_map__inner_map(map);
	struct map_shape was, is;

	if (!former_inner || !inner)
		return 0;
	was = map_shape_declared(former_inner);
	is = map_shape_declared(inner);
	return map_shape_compare(&was, "the inner map of the former object", &is,
				 "that of the new one", text);
}

static int compare_maps(const struct diff *diff, struct bpf_map *former, struct bpf_map *map,
			char text[LAYOUT_TEXT_MAX])
{
	const struct map_shape was = map_shape_declared(former), is = map_shape_declared(map);
	const struct map_contents had = map_contents_declared(diff->former.object, former);
	const struct map_contents has = map_contents_declared(diff->object.object, map);
	int differs = map_shape_compare(&was, "the former object", &is, "the new one", text);

	if (!differs)
		differs = compare_inner(former, map, text);
	if (!differs)
		differs = map_contents_compare(&had, &has, text);
	if (differs || is_kept(diff, former) == is_kept(diff, map))
		return differs;
	(void)snprintf(text, LAYOUT_TEXT_MAX, "%s",
		       is_kept(diff, map) ? "it is kept from now on"
					  : "it was kept and is not; its entries stay behind");
	return 1;
}

static int add_reason(struct diff *diff, const struct bpf_map *former, const struct bpf_map *map,
		      const char *changes)
{
	const char *name = bpf_map__name(map);

	if (!is_kept(diff, former) || !is_kept(diff, map) || diff_lists(diff->request->reset, name))
		return 0;
	return diff_add_reason(diff, "map %s: %s", name, changes);
}

static int compare_map(struct diff *diff, struct bpf_map *former, struct bpf_map *map)
{
	char changes[LAYOUT_TEXT_MAX];
	int differs = compare_maps(diff, former, map, changes);
	json_t *row;

	if (differs < 0)
		return differs;
	row = describe(diff, map, differs ? "changed" : "same");
	if (differs)
		json_object_set_new(row, "changes", report_text(changes));
	if (json_array_append_new(diff->maps, row) < 0 ||
	    (differs && add_reason(diff, former, map, changes) < 0))
		return -ENOMEM;
	return 0;
}

static int add_map(struct diff *diff, const struct bpf_map *map, const char *change)
{
	return json_array_append_new(diff->maps, describe(diff, map, change)) < 0 ? -ENOMEM : 0;
}

int diff_maps(struct diff *diff)
{
	struct bpf_map *map;
	int err;

	bpf_object__for_each_map (map, diff->object.object) {
		struct bpf_map *former =
			bpf_object__find_map_by_name(diff->former.object, bpf_map__name(map));

		err = former ? compare_map(diff, former, map) : add_map(diff, map, "added");
		if (err)
			return err;
	}
	bpf_object__for_each_map (map, diff->former.object) {
		if (bpf_object__find_map_by_name(diff->object.object, bpf_map__name(map)))
			continue;
		err = add_map(diff, map, "removed");
		if (err)
			return err;
	}
	return 0;
}
