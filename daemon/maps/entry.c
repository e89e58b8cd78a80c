/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/types.h>

#include "daemon/maps/entry.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/maps/encode.h"
#include "daemon/maps/prefix.h"
#include "lib/cleanup.h"

/* What the kernel means by its errno, as far as that depends on the map. */
static int refuse(const struct open_map *map, int err, const char *what,
		  struct failure *reterr_failure)
{
	if (err == -ENOENT)
		return failure_set(reterr_failure, OUTCOME_FAILED, err,
				   "map \"%s\" has no such key", map->name);
	if (err == -E2BIG || err == -ENOSPC)
		return failure_set(reterr_failure, OUTCOME_REFUSED, err,
				   "map \"%s\" is full: it can have %u entries", map->name,
				   map->max_entries);
	if (err == -EPERM)
		return failure_set(reterr_failure, OUTCOME_REFUSED, err,
				   "map \"%s\" is frozen: nobody can change it any more",
				   map->name);
	if (err == -EINVAL && map->type == BPF_MAP_TYPE_LPM_TRIE)
		return failure_set(reterr_failure, OUTCOME_USAGE, err,
				   "key: the prefix is longer than the address: at most %zu bits",
				   8 * (map->entry.key.size - sizeof(uint32_t)));
	if (err == -EINVAL && map_kind_has_maps(map->type))
		return failure_set(reterr_failure, OUTCOME_USAGE, err,
				   "value: that map is of another type, size or flags than the "
				   "maps in \"%s\"",
				   map->name);
	return failure_set_errno(reterr_failure, OUTCOME_FAILED, err, "the kernel does not %s",
				 what);
}

/* The kernel tells too large an index in another way for each type, and each call. */
static int check_index(const struct open_map *map, struct failure *reterr_failure)
{
	uint32_t index;

	memcpy(&index, map->record, sizeof(index));
	if (index < map->max_entries)
		return 0;
	return failure_set(reterr_failure, OUTCOME_USAGE, -E2BIG,
			   "key: must be from 0 to %u: so many entries has map \"%s\"",
			   map->max_entries - 1, map->name);
}

static int encode_key(struct open_map *map, const char *key, struct failure *reterr_failure)
{
	int err;

	if (map->type == BPF_MAP_TYPE_LPM_TRIE && !encode_is_json(key))
		return prefix_read(key, map->record, map->entry.key.size, reterr_failure);
	err = encode_part(&map->entry, ENTRY_KEY, key, map->record, reterr_failure);
	return err || !map->kind->has_index ? err : check_index(map, reterr_failure);
}

/* Into map->record. */
static int look_up(struct open_map *map, const char *key, struct failure *reterr_failure)
{
	int err = encode_key(map, key, reterr_failure);

	if (err)
		return err;
	err = bpf_map_lookup_elem(map->fd, map->record, open_map_record_value(map));
	return err ? refuse(map, err, "look the key up", reterr_failure) : 0;
}

int entry_get(struct open_map *map, const char *key, char **ret_line,
	      struct failure *reterr_failure)
{
	cleanup_free char *line = NULL;
	int err = look_up(map, key, reterr_failure);

	if (err)
		return err;
	line = malloc(open_map_line_max(map) + 1);
	if (!line)
		return refuse(map, -ENOMEM, "show the entry", reterr_failure);
	line[open_map_line(map, line)] = '\0';
	*ret_line = TAKE_PTR(line);
	return 0;
}

/* The map whose id is the value in the record. */
static int open_by_id(const struct open_map *map, struct failure *reterr_failure)
{
	uint32_t id;
	int fd;

	memcpy(&id, open_map_record_value(map), sizeof(id));
	fd = bpf_map_get_fd_by_id(id);
	if (fd == -ENOENT)
		return failure_set(reterr_failure, OUTCOME_USAGE, fd,
				   "value: no map has the id %u (`ebpfctl map list` shows ids)",
				   id);
	return fd < 0 ? failure_set_errno(reterr_failure, OUTCOME_FAILED, fd,
					  "cannot open the map with the id %u", id)
		      : fd;
}

int entry_open_inner(struct open_map *outer, const char *key, struct open_map **ret,
		     struct failure *reterr_failure)
{
	int err, fd;

	if (!map_kind_has_maps(outer->type))
		return failure_set(reterr_failure, OUTCOME_USAGE, -EINVAL,
				   "map \"%s\" is of type %s, which has no maps in it", outer->name,
				   libbpf_bpf_map_type_str(outer->type));
	err = look_up(outer, key, reterr_failure);
	fd = err ? err : open_by_id(outer, reterr_failure);
	return fd < 0 ? fd : open_map_inner(outer, key, fd, ret, reterr_failure);
}

static int check_may_write(const struct open_map *map, struct failure *reterr_failure)
{
	const char *why = open_map_why_not_written(map);

	if (!why)
		return 0;
	return failure_set(reterr_failure, OUTCOME_REFUSED, -EPERM,
			   "map \"%s\" is not for writing: %s", map->name, why);
}

/* The value of each CPU: the same. */
static int encode_same(struct open_map *map, const char *value, struct failure *reterr_failure)
{
	char *bytes = open_map_record_value(map);
	uint32_t stride = entry_value_stride(map->entry.value.size);
	int err = encode_part(&map->entry, ENTRY_VALUE, value, bytes, reterr_failure);

	for (unsigned cpu = 1; !err && cpu < map->cpus; cpu++)
		memcpy(bytes + (size_t)cpu * stride, bytes, map->entry.value.size);
	return err;
}

static int encode_value(struct open_map *map, const char *value, struct failure *reterr_failure)
{
	return map->kind->per_cpu && map->each_cpu
		       ? encode_each_cpu(&map->entry, map->cpus, value, open_map_record_value(map),
					 reterr_failure)
		       : encode_same(map, value, reterr_failure);
}

/* The kernel takes a descriptor where it gives an id. */
static int set_map(struct open_map *map, struct failure *reterr_failure)
{
	cleanup_close int inner = open_by_id(map, reterr_failure);
	int err;

	if (inner < 0)
		return inner;
	err = bpf_map_update_elem(map->fd, map->record, &inner, BPF_ANY);
	return err ? refuse(map, err, "take the map", reterr_failure) : 0;
}

int entry_set(struct open_map *map, const char *key, const char *value,
	      struct failure *reterr_failure)
{
	int err = check_may_write(map, reterr_failure);

	if (!err)
		err = encode_key(map, key, reterr_failure);
	if (!err)
		err = encode_value(map, value, reterr_failure);
	if (err)
		return err;
	if (map->kind->has_ids)
		return set_map(map, reterr_failure);
	err = bpf_map_update_elem(map->fd, map->record, open_map_record_value(map), BPF_ANY);
	return err ? refuse(map, err, "take the value", reterr_failure) : 0;
}

int entry_delete(struct open_map *map, const char *key, struct failure *reterr_failure)
{
	int err = check_may_write(map, reterr_failure);

	if (!err && !map->kind->may_be_deleted)
		err = failure_set(reterr_failure, OUTCOME_REFUSED, -EPERM,
				  "map \"%s\" is of type %s, whose entries are all there always; "
				  "set it to something else",
				  map->name, libbpf_bpf_map_type_str(map->type));
	if (!err)
		err = encode_key(map, key, reterr_failure);
	if (err)
		return err;
	err = bpf_map_delete_elem(map->fd, map->record);
	return err ? refuse(map, err, "delete the entry", reterr_failure) : 0;
}
