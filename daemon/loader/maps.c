/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/maps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/events/decode_entry.h"
#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/generation.h"
#include "daemon/loader/kept.h"
#include "daemon/loader/shared.h"
#include "lib/cleanup.h"

static const struct unit_map *find_config(const struct loading *loading, const char *name)
{
	for (size_t i = 0; i < loading->file->map_count; i++)
		if (strcmp(loading->file->maps[i].name, name) == 0)
			return &loading->file->maps[i];
	return NULL;
}

static bool is_ring(const struct loading *loading, const char *name)
{
	for (size_t i = 0; i < loading->file->event_count; i++)
		if (strcmp(loading->file->events[i].name, name) == 0)
			return true;
	return false;
}

/*
 * Kept: by Keep=yes, Shared=, or pinned by name in the object, unless Keep=no. Data sections are
 * private, as are the rings of [Events] (each bank has its own) and tail-call arrays, whose
 * programs would be those of another generation.
 */
static int decide_kept(const struct loading *loading, const struct bpf_map *map, bool *ret,
		       struct failure *reterr_failure)
{
	const char *name = bpf_map__name(map);
	const struct unit_map *config = find_config(loading, name);
	bool by_name = bpf_map__pin_path(map) != NULL, shared = config && *config->shared;
	const char *reason = NULL;

	if (is_ring(loading, name))
		reason = "it is a ring of [Events], and each bank has its own";
	else if (bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY)
		reason = "the programs of a tail-call array belong to one generation";
	else if (bpf_map__is_internal(map))
		reason = "data sections belong to one generation";
	*ret = !reason &&
	       (shared ||
		(config && config->keep != KEEP_UNSET ? config->keep == KEEP_YES : by_name));
	if (reason && (shared || (config && config->keep == KEEP_YES)))
		return failure_set(reterr_failure, OUTCOME_REFUSED, -EINVAL,
				   "map %s: %s is impossible: %s", name,
				   shared ? "Shared=" : "Keep=yes", reason);
	return 0;
}

static int open_kept(const struct loading *loading, const char *name, int *ret_fd,
		     struct failure *reterr_failure)
{
	int fd = generation_open_map(loading->request->root, loading->active, name);

	if (fd < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, fd,
					 "map %s: cannot open the kept map of generation %u", name,
					 loading->active->generation);
	*ret_fd = fd;
	return 0;
}

json_t *maps_add_verdict(struct loading *loading, const char *name, const char *verdict)
{
	json_t *json = json_pack("{s:s, s:s}", "name", name, "verdict", verdict);

	/* The array takes the reference over and keeps it alive. */
	return json_array_append_new(loading->map_verdicts, json) < 0 ? NULL : json;
}

static int add_plain_verdict(struct loading *loading, const char *name, const char *verdict)
{
	return maps_add_verdict(loading, name, verdict) ? 0 : -ENOMEM;
}

const struct manifest_map *maps_find_active_kept(const struct loading *loading, const char *name)
{
	const struct manifest_map *map =
		loading->active ? manifest_find_map(loading->active, name) : NULL;

	return map && map->kept ? map : NULL;
}

void maps_leave_behind(const struct loading *loading, json_t *verdict, int fd)
{
	int64_t entries = kept_count_entries(fd);

	if (!json_object_get(verdict, "changes"))
		json_object_set_new(verdict, "changes",
				    json_sprintf("another map than that of generation %u",
						 loading->active->generation));
	if (entries >= 0)
		json_object_set_new(verdict, "left_behind", json_integer(entries));
}

/* OnChange=reset: the new generation begins with an empty map; the former one keeps the full one.
 */
static int reset_map(struct loading *loading, const char *name, int fd, const char *changes)
{
	json_t *verdict = maps_add_verdict(loading, name, "reset");

	if (!verdict || json_object_set_new(verdict, "changes", json_string(changes)) < 0)
		return -ENOMEM;
	maps_leave_behind(loading, verdict, fd);
	return 0;
}

/* A plan goes on with a new map, so that the verifier is asked too; everything else ends here. */
static int refuse_map(struct loading *loading, const char *name, const char *changes,
		      struct failure *reterr_failure)
{
	json_t *verdict;

	if (!loading->request->plan)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, -EINVAL,
			"map %s: %s; its contents cannot be taken over. Give the object the "
			"former layout, or set OnChange=reset in [Map %s] to begin with an "
			"empty map",
			name, changes, name);
	verdict = maps_add_verdict(loading, name, "changed");
	if (!verdict || json_object_set_new(verdict, "changes", json_string(changes)) < 0)
		return -ENOMEM;
	return json_array_append_new(loading->reasons, json_sprintf("map %s: %s", name, changes));
}

static int take_over(struct loading *loading, struct bpf_map *map, struct failure *reterr_failure)
{
	const char *name = bpf_map__name(map);
	const struct unit_map *config = find_config(loading, name);
	char changes[LAYOUT_TEXT_MAX];
	cleanup_close int fd = -1;
	int differs = open_kept(loading, name, &fd, reterr_failure);

	if (differs)
		return differs;
	differs = kept_compare(loading, map, fd, changes);
	if (differs < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, differs,
					 "map %s: cannot compare it with the kept map", name);
	if (differs && config && config->on_change == ON_CHANGE_RESET)
		return reset_map(loading, name, fd, changes);
	if (differs)
		return refuse_map(loading, name, changes, reterr_failure);
	differs = bpf_map__reuse_fd(map, fd);
	/* Not `name`: libbpf has freed that one and taken the kept map's. */
	return differs ? differs : add_plain_verdict(loading, bpf_map__name(map), "same");
}

/* A map that begins empty; what the generation in force has kept under its name stays there. */
static int begin_empty(struct loading *loading, const char *name, const char *verdict,
		       const struct manifest_map *active, struct failure *reterr_failure)
{
	json_t *given = maps_add_verdict(loading, name, verdict);
	cleanup_close int fd = -1;
	int err;

	if (!given)
		return -ENOMEM;
	if (!active)
		return 0;
	err = open_kept(loading, name, &fd, reterr_failure);
	if (!err)
		maps_leave_behind(loading, given, fd);
	return err;
}

static int reuse_map(struct loading *loading, struct bpf_map *map, struct failure *reterr_failure)
{
	const char *name = bpf_map__name(map);
	const struct manifest_map *active = maps_find_active_kept(loading, name);
	const struct unit_map *config = find_config(loading, name);
	bool kept;
	int err = decide_kept(loading, map, &kept, reterr_failure);

	if (err)
		return err;
	(void)bpf_map__set_pin_path(map, NULL);
	if (!kept)
		return begin_empty(loading, name, "private", active, reterr_failure);
	if (config && *config->shared)
		return shared_reuse(loading, map, config, reterr_failure);
	/* A map that others may use goes on as theirs. */
	if (!active || *active->shared)
		return begin_empty(loading, name, "new", active, reterr_failure);
	return take_over(loading, map, reterr_failure);
}

/* Kept maps that the new object has no more: they go with the former generation. */
static int add_gone(struct loading *loading)
{
	for (size_t i = 0; loading->active && i < loading->active->map_count; i++) {
		const struct manifest_map *map = &loading->active->maps[i];

		if (map->kept && !bpf_object__find_map_by_name(loading->object, map->name) &&
		    add_plain_verdict(loading, map->name, "gone") < 0)
			return -ENOMEM;
	}
	return 0;
}

void maps_list(const struct bpf_object *object, bool (*wanted)(struct bpf_map *map), char *text,
	       size_t size)
{
	struct bpf_map *map;

	*text = '\0';
	bpf_object__for_each_map (map, object)
		if (wanted(map) && str_list_add(text, size, bpf_map__name(map)) < 0)
			return;
	if (!*text)
		(void)str_format(text, size, "none");
}

static bool can_be_section(struct bpf_map *map)
{
	return !bpf_map__is_internal(map);
}

static int check_named(const struct loading *loading, struct failure *reterr_failure)
{
	const struct unit_file *file = loading->file;
	char there[512];

	for (size_t i = 0; i < file->map_count; i++) {
		if (bpf_object__find_map_by_name(loading->object, file->maps[i].name))
			continue;
		maps_list(loading->object, can_be_section, there, sizeof(there));
		return failure_set(reterr_failure, OUTCOME_REFUSED, -ENOENT,
				   "%s:%u: no map \"%s\" in the object; it has: %s", file->path,
				   file->maps[i].line, file->maps[i].name, there);
	}
	return 0;
}

/*
 * Format= against the types of the object's map, by the very plan that a client's question makes.
 */
static int check_formats(const struct loading *loading, const struct unit_map *config,
			 struct failure *reterr_failure)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(loading->object, config->name);
	const struct entry_settings settings = {
		.map = config->name,
		.key = {.size = bpf_map__key_size(map), .type = bpf_map__btf_key_type_id(map)},
		.value = {.size = bpf_map__value_size(map),
			  .type = bpf_map__btf_value_type_id(map)},
		.btf = bpf_object__btf(loading->object),
		.formats = config->formats,
		.format_count = config->format_count};
	struct decoder *decoder = NULL;
	char place[PATH_MAX + 16];
	int err = entry_decoder_new(&settings, false, &decoder, reterr_failure);

	decoder_free(decoder);
	if (!err)
		return 0;
	(void)str_format(place, sizeof(place), "%s:%u", loading->file->path, config->line);
	failure_prefix(reterr_failure, place);
	reterr_failure->outcome = OUTCOME_REFUSED;
	return err;
}

static int check_all_formats(const struct loading *loading, struct failure *reterr_failure)
{
	const struct unit_file *file = loading->file;
	int err = 0;

	for (size_t i = 0; !err && i < file->map_count; i++)
		if (file->maps[i].format_count > 0)
			err = check_formats(loading, &file->maps[i], reterr_failure);
	return err;
}

int maps_reuse(struct loading *loading, struct failure *reterr_failure)
{
	int err = check_named(loading, reterr_failure);
	struct bpf_map *map;

	if (!err)
		err = check_all_formats(loading, reterr_failure);
	if (err)
		return err;
	bpf_object__for_each_map (map, loading->object) {
		if (strlen(bpf_map__name(map)) >= OBJECT_NAME_MAX)
			return failure_set(reterr_failure, OUTCOME_REFUSED, -ENAMETOOLONG,
					   "map \"%s\": its name is too long", bpf_map__name(map));
		err = reuse_map(loading, map, reterr_failure);
		if (err)
			return err;
	}
	return add_gone(loading);
}

int maps_pin(const struct loading *loading, const char *generation_path,
	     struct failure *reterr_failure)
{
	struct bpf_map *map;

	bpf_object__for_each_map (map, loading->object) {
		char encoded[OBJECT_NAME_MAX], path[PIN_PATH_MAX];
		int err;

		if (bpf_map__fd(map) < 0) /* not created: libbpf leaves out what no program needs */
			continue;
		err = bpffs_encode_name(bpf_map__name(map), encoded, sizeof(encoded));
		if (err)
			return err;
		pin_path(path, generation_path, "maps/%s", encoded);
		err = bpffs_pin(bpf_map__fd(map), path, reterr_failure);
		if (err)
			return err;
	}
	return 0;
}

static json_t *find_verdict(const struct loading *loading, const char *name)
{
	json_t *given;
	size_t i;

	json_array_foreach (loading->map_verdicts, i, given)
		if (strcmp(json_string_value(json_object_get(given, "name")), name) == 0)
			return given;
	return NULL;
}

bool map_has_verdict(const struct loading *loading, const char *name, const char *verdict)
{
	const json_t *given = json_object_get(find_verdict(loading, name), "verdict");

	return given && strcmp(json_string_value(given), verdict) == 0;
}

bool map_is_taken_over(const struct loading *loading, const char *name)
{
	return map_has_verdict(loading, name, "same") ||
	       json_is_false(json_object_get(find_verdict(loading, name), "made"));
}

int maps_note_taken_over(const struct loading *loading, const char *name)
{
	return json_object_set_new(find_verdict(loading, name), "made", json_false()) ? -ENOMEM : 0;
}

static void describe_map(const struct loading *loading, const struct bpf_map_info *info,
			 const char *name, struct manifest_map *described)
{
	const struct unit_map *config = find_config(loading, name);

	(void)snprintf(described->name, sizeof(described->name), "%s", name);
	(void)snprintf(described->shared, sizeof(described->shared), "%s",
		       config ? config->shared : "");
	described->kept = !map_has_verdict(loading, name, "private");
	described->id = info->id;
	described->type = info->type;
	described->key_size = info->key_size;
	described->value_size = info->value_size;
	described->max_entries = info->max_entries;
	described->flags = info->map_flags;
}

int maps_describe(const struct loading *loading, struct manifest *manifest)
{
	struct bpf_map *map;
	size_t count = 0;

	bpf_object__for_each_map (map, loading->object)
		count++;
	manifest->maps = calloc(count + 1, sizeof(*manifest->maps));
	if (!manifest->maps)
		return -ENOMEM;
	bpf_object__for_each_map (map, loading->object) {
		struct bpf_map_info info = {0};
		uint32_t length = sizeof(info);
		int err;

		if (bpf_map__fd(map) < 0)
			continue;
		err = bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &length);
		if (err)
			return err;
		describe_map(loading, &info, bpf_map__name(map),
			     &manifest->maps[manifest->map_count++]);
	}
	return 0;
}
