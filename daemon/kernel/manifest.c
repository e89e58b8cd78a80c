/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/manifest.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/pinned.h"
#include "lib/cleanup.h"

struct header {
	uint32_t format;
	uint32_t length;
};

const char *way_name(enum way way)
{
	static const char *const names[] = {
		[WAY_LINK] = "link", [WAY_ENTRY] = "entry", [WAY_OVERLAP] = "overlap"};

	return names[way];
}

struct manifest *manifest_free(struct manifest *manifest)
{
	if (!manifest)
		return NULL;
	free(manifest->digest);
	free(manifest->object);
	free(manifest->file);
	free(manifest->config);
	free(manifest->hooks);
	free(manifest->maps);
	free(manifest);
	return NULL;
}

const struct manifest_hook *manifest_find_hook(const struct manifest *manifest, const char *name)
{
	for (size_t i = 0; i < manifest->hook_count; i++)
		if (strcmp(manifest->hooks[i].name, name) == 0)
			return &manifest->hooks[i];
	return NULL;
}

const struct manifest_hook *manifest_find_place(const struct manifest *manifest, const char *place)
{
	for (size_t i = 0; i < manifest->hook_count; i++)
		if (strcmp(manifest->hooks[i].place, place) == 0)
			return &manifest->hooks[i];
	return NULL;
}

bool manifest_may_sleep(const struct manifest *manifest)
{
	for (size_t i = 0; manifest && i < manifest->hook_count; i++)
		if (manifest->hooks[i].sleepable)
			return true;
	return false;
}

const struct manifest_map *manifest_find_map(const struct manifest *manifest, const char *name)
{
	for (size_t i = 0; i < manifest->map_count; i++)
		if (strcmp(manifest->maps[i].name, name) == 0)
			return &manifest->maps[i];
	return NULL;
}

const char *manifest_map_type(const struct manifest_map *map)
{
	const char *name = libbpf_bpf_map_type_str((enum bpf_map_type)map->type);

	return name ? name : "unknown";
}

/* ---- writing ---- */

static json_t *hook_to_json(const struct manifest_hook *hook)
{
	char attach[ATTACH_TARGET_MAX + ATTACH_DETAIL_MAX];

	if (attach_format(&hook->attach, attach, sizeof(attach)) < 0)
		return NULL;
	return json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:i, s:i, s:b, s:b, s:I}", "name",
			 hook->name, "place", hook->place, "number", (json_int_t)hook->number,
			 "program", hook->program, "attach", attach, "way", way_name(hook->way),
			 "type", (int)hook->program_type, "expected", (int)hook->expected, "frags",
			 (int)hook->frags, "sleepable", (int)hook->sleepable, "program_id",
			 (json_int_t)hook->program_id);
}

static json_t *map_to_json(const struct manifest_map *map)
{
	return json_pack("{s:s, s:b, s:s*, s:I, s:I, s:I, s:I, s:I, s:I}", "name", map->name,
			 "kept", (int)map->kept, "shared", *map->shared ? map->shared : NULL, "id",
			 (json_int_t)map->id, "type", (json_int_t)map->type, "key_size",
			 (json_int_t)map->key_size, "value_size", (json_int_t)map->value_size,
			 "max_entries", (json_int_t)map->max_entries, "flags",
			 (json_int_t)map->flags);
}

static char *manifest_to_text(const struct manifest *manifest)
{
	json_t *hooks = json_array(), *maps = json_array(), *json;
	char *text;

	for (size_t i = 0; i < manifest->hook_count; i++)
		json_array_append_new(hooks, hook_to_json(&manifest->hooks[i]));
	for (size_t i = 0; i < manifest->map_count; i++)
		json_array_append_new(maps, map_to_json(&manifest->maps[i]));
	json = json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:o, s:o}", "unit", manifest->unit,
			 "generation", (json_int_t)manifest->generation, "time_usec",
			 (json_int_t)manifest->time_usec, "digest", manifest->digest, "object",
			 manifest->object, "file", manifest->file, "config", manifest->config,
			 "hooks", hooks, "maps", maps);
	text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	return text;
}

static int make_frozen_map(const void *value, uint32_t size)
{
	uint32_t zero = 0;
	cleanup_close int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "ebpfd_manifest",
					      sizeof(uint32_t), size, 1, NULL);
	int err;

	if (fd < 0)
		return fd;
	err = bpf_map_update_elem(fd, &zero, value, BPF_ANY);
	if (!err)
		err = bpf_map_freeze(fd);
	return err ? err : TAKE_FD(fd);
}

int manifest_write(const struct manifest *manifest, const char *path,
		   struct failure *reterr_failure)
{
	cleanup_free char *text = manifest_to_text(manifest);
	cleanup_free char *value = NULL;
	cleanup_close int fd = -1;
	struct header header = {.format = EBPFD_FORMAT};
	size_t size;

	if (!text)
		return failure_set(reterr_failure, OUTCOME_FAILED, -EINVAL,
				   "cannot write the manifest: a text of the unit is not UTF-8");
	header.length = (uint32_t)strlen(text);
	size = sizeof(header) + header.length;
	value = malloc(size);
	if (!value)
		return -ENOMEM;
	memcpy(value, &header, sizeof(header));
	memcpy(value + sizeof(header), text, header.length);
	fd = make_frozen_map(value, (uint32_t)size);
	if (fd < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, fd,
					 "cannot make the manifest");
	return bpffs_pin(fd, path, reterr_failure);
}

/* ---- reading ---- */

static int copy_name(char *to, size_t size, const char *from)
{
	return str_format(to, size, "%s", from);
}

static enum way way_of(const char *name)
{
	for (enum way way = 0; way < WAY_MAX_; way++)
		if (strcmp(name, way_name(way)) == 0)
			return way;
	return WAY_ENTRY;
}

static int hook_from_json(json_t *json, struct manifest_hook *hook)
{
	const char *name, *place, *program, *attach, *way;
	json_int_t number, id;
	int type, expected, frags, sleepable = false, err;

	if (json_unpack(json, "{s:s, s:s, s:I, s:s, s:s, s:s, s:i, s:i, s:b, s?b, s:I}", "name",
			&name, "place", &place, "number", &number, "program", &program, "attach",
			&attach, "way", &way, "type", &type, "expected", &expected, "frags", &frags,
			"sleepable", &sleepable, "program_id", &id) < 0 ||
	    number < 0 || number >= EBPFD_HOOKS_MAX || !place_name_is_valid(place))
		return -EINVAL;
	err = copy_name(hook->name, sizeof(hook->name), name);
	if (!err)
		err = copy_name(hook->place, sizeof(hook->place), place);
	if (!err)
		err = copy_name(hook->program, sizeof(hook->program), program);
	if (!err)
		err = attach_parse(attach, &hook->attach, NULL);
	if (err)
		return err;
	hook->number = (uint32_t)number;
	hook->way = way_of(way);
	hook->program_type = (enum bpf_prog_type)type;
	hook->expected = (enum bpf_attach_type)expected;
	hook->frags = frags;
	hook->sleepable = sleepable;
	hook->program_id = (uint32_t)id;
	return 0;
}

static int map_from_json(json_t *json, struct manifest_map *map)
{
	json_int_t id, type, key, value, entries, flags;
	const char *name, *shared = "";
	int kept, err;

	if (json_unpack(json, "{s:s, s:b, s?s, s:I, s:I, s:I, s:I, s:I, s:I}", "name", &name,
			"kept", &kept, "shared", &shared, "id", &id, "type", &type, "key_size",
			&key, "value_size", &value, "max_entries", &entries, "flags", &flags) < 0)
		return -EINVAL;
	*map = (struct manifest_map){.kept = kept,
				     .id = (uint32_t)id,
				     .type = (uint32_t)type,
				     .key_size = (uint32_t)key,
				     .value_size = (uint32_t)value,
				     .max_entries = (uint32_t)entries,
				     .flags = (uint32_t)flags};
	err = copy_name(map->name, sizeof(map->name), name);
	return err ? err : copy_name(map->shared, sizeof(map->shared), shared);
}

static int arrays_from_json(json_t *hooks, json_t *maps, struct manifest *manifest)
{
	int err = 0;

	manifest->hooks = calloc(json_array_size(hooks) + 1, sizeof(*manifest->hooks));
	manifest->maps = calloc(json_array_size(maps) + 1, sizeof(*manifest->maps));
	if (!manifest->hooks || !manifest->maps)
		return -ENOMEM;
	for (; !err && manifest->hook_count < json_array_size(hooks); manifest->hook_count++)
		err = hook_from_json(json_array_get(hooks, manifest->hook_count),
				     &manifest->hooks[manifest->hook_count]);
	for (; !err && manifest->map_count < json_array_size(maps); manifest->map_count++)
		err = map_from_json(json_array_get(maps, manifest->map_count),
				    &manifest->maps[manifest->map_count]);
	return err;
}

static int manifest_from_json(json_t *json, struct manifest *manifest)
{
	const char *unit, *digest, *object, *file, *config;
	json_int_t generation, time_usec;
	json_t *hooks, *maps;
	int err;

	if (json_unpack(json, "{s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:o, s:o}", "unit", &unit,
			"generation", &generation, "time_usec", &time_usec, "digest", &digest,
			"object", &object, "file", &file, "config", &config, "hooks", &hooks,
			"maps", &maps) < 0)
		return -EINVAL;
	err = copy_name(manifest->unit, sizeof(manifest->unit), unit);
	if (err)
		return err;
	manifest->generation = (uint32_t)generation;
	manifest->time_usec = (uint64_t)time_usec;
	manifest->digest = strdup(digest);
	manifest->object = strdup(object);
	manifest->file = strdup(file);
	manifest->config = strdup(config);
	if (!manifest->digest || !manifest->object || !manifest->file || !manifest->config)
		return -ENOMEM;
	return arrays_from_json(hooks, maps, manifest);
}

static int manifest_parse(const char *value, size_t size, struct manifest **ret)
{
	struct manifest *manifest;
	struct header header;
	json_t *json;
	int err;

	if (size < sizeof(header))
		return -EINVAL;
	memcpy(&header, value, sizeof(header));
	if (header.format > EBPFD_FORMAT)
		return -EPROTO;
	if (header.format == 0 || header.length > size - sizeof(header))
		return -EINVAL;
	json = json_loadb(value + sizeof(header), header.length, 0, NULL);
	if (!json)
		return -EINVAL;
	manifest = calloc(1, sizeof(*manifest));
	err = manifest ? manifest_from_json(json, manifest) : -ENOMEM;
	json_decref(json);
	if (err) {
		manifest_free(manifest);
		return err;
	}
	*ret = manifest;
	return 0;
}

int manifest_read(const char *path, struct manifest **ret, struct failure *reterr_failure)
{
	cleanup_free char *value = NULL;
	size_t size;
	int err = pinned_read_value(path, &value, &size);

	if (!err)
		err = manifest_parse(value, size, ret);
	if (err == -EPROTO)
		return failure_set(reterr_failure, OUTCOME_FAILED, err,
				   "%s: written by a newer ebpfd; it is left alone", path);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
					 "%s: no manifest that this ebpfd can read", path);
	return 0;
}
