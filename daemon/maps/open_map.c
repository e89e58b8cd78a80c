/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/types.h>

#include "daemon/maps/open_map.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/abi.h"
#include "daemon/events/decode_wide.h"
#include "daemon/kernel/generation.h"
#include "daemon/maps/declared.h"
#include "lib/cleanup.h"
#include "lib/str.h"

/* ---- opening -------------------------------------------------------------------------------- */

static int refuse_name(const struct map_wanted *wanted, struct failure *reterr_failure)
{
	const struct manifest *generation = wanted->generation;
	char there[1024] = "";

	for (size_t i = 0; i < generation->map_count; i++)
		if (str_list_add(there, sizeof(there), generation->maps[i].name) < 0)
			break;
	return failure_set(reterr_failure, OUTCOME_USAGE, -ENOENT,
			   "unit \"%s\" has no map \"%s\"; it has: %s", generation->unit,
			   wanted->map, *there ? there : "none");
}

static const char *why_ours(const struct unit_file *file, const char *name)
{
	if (strcmp(name, EBPFD_COUNTS_MAP) == 0)
		return "it has the counts that receipts lean on";
	if (strchr(name, '.'))
		return "it has the variables of the object, which [Set] gives their values";
	for (size_t i = 0; i < file->event_count; i++)
		if (strcmp(file->events[i].name, name) == 0)
			return "it has the rings that ebpfd reads";
	return NULL;
}

static struct open_map *make(const char *unit, const char *name, const char *declared)
{
	struct open_map *map = calloc(1, sizeof(*map));

	if (!map)
		return NULL;
	map->fd = map->program_fd = -1;
	(void)str_format(map->unit, sizeof(map->unit), "%s", unit);
	/* A name that is too long is cut: it is shown alone. */
	(void)str_format(map->name, sizeof(map->name), "%s", name);
	(void)str_format(map->declared, sizeof(map->declared), "%s", declared);
	return map;
}

static void free_open_map(struct open_map **map)
{
	open_map_free(*map);
}

int open_map_new(const struct map_wanted *wanted, struct open_map **ret,
		 struct failure *reterr_failure)
{
	CLEANUP(free_open_map) struct open_map *map = NULL;
	const struct manifest *generation = wanted->generation;
	int err;

	if (!manifest_find_map(generation, wanted->map))
		return refuse_name(wanted, reterr_failure);
	map = make(generation->unit, wanted->map, wanted->map);
	if (!map)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -ENOMEM, "map \"%s\"",
					 wanted->map);
	map->each_cpu = wanted->each_cpu;
	map->wide_as_text = wanted->wide_as_text;
	map->why_ours = why_ours(wanted->file, wanted->map);
	map->program_fd =
		generation_open_program(wanted->root, generation, generation->hooks[0].program);
	map->fd = generation_open_map(wanted->root, generation, wanted->map);
	err = map->fd < 0 ? map->fd
			  : unit_formats_of(wanted->file, wanted->map, wanted->metric,
					    &map->formats, &map->format_count);
	if (map->fd == -ENOENT)
		return failure_set(
			reterr_failure, OUTCOME_FAILED, err,
			"the pin of map \"%s\" of generation %u is gone, so that programs "
			"alone reach it; `ebpfctl fsck %s` shows all that is missing",
			wanted->map, generation->generation, generation->unit);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
					 "cannot open map \"%s\" of generation %u", wanted->map,
					 generation->generation);
	*ret = TAKE_PTR(map);
	return 0;
}

int open_map_inner(const struct open_map *outer, const char *key, int fd, struct open_map **ret,
		   struct failure *reterr_failure)
{
	CLEANUP(free_open_map) struct open_map *map = NULL;
	cleanup_close int inner = fd;
	char name[OBJECT_NAME_MAX];

	(void)str_format(name, sizeof(name), "%s[%s]", outer->name, key);
	map = make(outer->unit, name, outer->declared);
	if (!map)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -ENOMEM,
					 "cannot open map \"%s\"", name);
	/* Without it, as where the program's pin is gone, there are no types. */
	map->program_fd = fcntl(outer->program_fd, F_DUPFD_CLOEXEC, 0);
	map->is_inner = true;
	map->each_cpu = outer->each_cpu;
	map->wide_as_text = outer->wide_as_text;
	map->fd = TAKE_FD(inner);
	*ret = TAKE_PTR(map);
	return 0;
}

struct open_map *open_map_free(struct open_map *map)
{
	if (!map)
		return NULL;
	decoder_wide_free(map->wide);
	entry_sum_free(map->sum);
	decoder_free(map->decoder);
	btf__free(map->btf);
	unit_formats_free(map->formats, map->format_count);
	free(map->record);
	close_and_forget(&map->fd);
	close_and_forget(&map->program_fd);
	free(map);
	return NULL;
}

/* ---- types ---------------------------------------------------------------------------------- */

static int refuse_type(const struct open_map *map, struct failure *reterr_failure)
{
	const char *type = libbpf_bpf_map_type_str(map->type);

	return failure_set(reterr_failure, OUTCOME_REFUSED, -EOPNOTSUPP,
			   "map \"%s\" of unit \"%s\" is of type %s, which has no entries that "
			   "could be looked up",
			   map->name, map->unit, type ? type : "unknown");
}

static int read_kind(struct open_map *map, const struct bpf_map_info *info)
{
	int cpus = libbpf_num_possible_cpus();

	if (cpus < 0)
		return cpus;
	map->type = info->type;
	map->max_entries = info->max_entries;
	map->kind = map_kind_of(info->type);
	map->cpus = map->kind && map->kind->per_cpu ? (unsigned)cpus : 1;
	return 0;
}

/* The types that the map was made with, or, where the kernel keeps none, those of its declaration.
 */
static void read_types(struct open_map *map, const struct bpf_map_info *info)
{
	map->entry.key.type = info->btf_key_type_id;
	map->entry.value.type = info->btf_value_type_id;
	if (info->btf_id)
		map->btf = btf__load_from_kernel_by_id(info->btf_id);
	else
		map->btf =
			declared_types(map->program_fd, map->declared, map->is_inner, &map->entry);
	if (!map->btf)
		map->entry.key.type = map->entry.value.type = 0;
	map->entry.btf = map->btf;
	map->entry.key.is_number = map->kind && map->kind->has_index;
	map->entry.value.is_number = map->kind && map->kind->has_ids;
	if (map->entry.value.is_number)
		map->entry.value.type = 0;
}

int open_map_read_types(struct open_map *map, uint32_t *ret_id)
{
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);
	int err = bpf_obj_get_info_by_fd(map->fd, &info, &length);

	if (!err)
		err = read_kind(map, &info);
	if (err)
		return err;
	map->entry = (struct entry_settings){.map = map->name,
					     .key = {.size = info.key_size},
					     .value = {.size = info.value_size},
					     .formats = map->formats,
					     .format_count = map->format_count};
	read_types(map, &info);
	*ret_id = info.id;
	return 0;
}

const char *open_map_why_not_written(const struct open_map *map)
{
	if (map->why_ours)
		return map->why_ours;
	return map->kind && map->kind->may_be_set ? NULL
						  : "its type is one that programs alone write to";
}

/* ---- the plan ------------------------------------------------------------------------------- */

/* What has too many fields is shown in hex. */
static int make_decoder(struct open_map *map, bool each_cpu, struct failure *reterr_failure)
{
	int err = entry_decoder_new(&map->entry, each_cpu, &map->decoder, reterr_failure);

	if (err != -E2BIG || !map->btf)
		return err;
	map->entry.key.type = map->entry.value.type = 0;
	map->entry.format_count = 0;
	return entry_decoder_new(&map->entry, each_cpu, &map->decoder, reterr_failure);
}

/* -EOPNOTSUPP: what there is no sum of is shown for each CPU. */
static int make_sum(struct open_map *map, struct failure *reterr_failure)
{
	int err = make_decoder(map, false, reterr_failure);

	if (err)
		return err;
	err = entry_sum_new(map->decoder, map->entry.key.size, &map->sum);
	if (err == -EOPNOTSUPP) {
		map->decoder = decoder_free(map->decoder);
		return make_decoder(map, true, reterr_failure);
	}
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
					 "cannot add the values up");
	return 0;
}

static int make_plan(struct open_map *map, struct failure *reterr_failure)
{
	int err = map->kind->per_cpu && !map->each_cpu
			  ? make_sum(map, reterr_failure)
			  : make_decoder(map, map->kind->per_cpu, reterr_failure);

	if (err)
		return err;
	map->shown = map->sum ? entry_sum_decoder(map->sum) : map->decoder;
	err = map->wide_as_text ? decoder_wide_new(map->shown, &map->wide) : 0;
	if (map->wide)
		map->shown = map->wide;
	map->record = err ? NULL
			  : calloc(1, entry_value_offset(map->entry.key.size) +
					      open_map_value_bytes(map) + 1);
	if (err || !map->record)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -ENOMEM,
					 "no room for an entry");
	return 0;
}

int open_map_read(struct open_map *map, struct failure *reterr_failure)
{
	uint32_t id;
	int err = open_map_read_types(map, &id);

	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
					 "the kernel does not describe map \"%s\"", map->name);
	if (!map->kind)
		return refuse_type(map, reterr_failure);
	return make_plan(map, reterr_failure);
}

/* ---- entries -------------------------------------------------------------------------------- */

size_t open_map_value_bytes(const struct open_map *map)
{
	return map->kind->per_cpu ? (size_t)entry_value_stride(map->entry.value.size) * map->cpus
				  : map->entry.value.size;
}

void open_map_fill_record(struct open_map *map, const char *key, const char *value)
{
	memcpy(map->record, key, map->entry.key.size);
	memcpy(open_map_record_value(map), value, open_map_value_bytes(map));
}

char *open_map_record_value(const struct open_map *map)
{
	return map->record + entry_value_offset(map->entry.key.size);
}

static size_t record_length(const struct open_map *map)
{
	return entry_value_offset(map->entry.key.size) + open_map_value_bytes(map);
}

size_t open_map_line_max(const struct open_map *map)
{
	return decoder_line_max(map->shown, (uint32_t)record_length(map));
}

size_t open_map_line(struct open_map *map, char *line)
{
	struct ring_record record = {.data = map->record, .length = (uint32_t)record_length(map)};

	if (map->sum)
		record.data = entry_sum_record(map->sum, map->record,
					       entry_value_stride(map->entry.value.size), map->cpus,
					       &record.length);
	return decoder_line(map->shown, &record, false, line);
}
