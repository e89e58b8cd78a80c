/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/kept.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"

static int get_info(int fd, struct bpf_map_info *info)
{
	uint32_t length = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(fd, info, &length);
}

static const char *type_name(uint32_t type)
{
	const char *name = libbpf_bpf_map_type_str((enum bpf_map_type)type);

	return name ? name : "unknown";
}

/* As libbpf will make it: where an object gives a perf_event_array no size, it counts the CPUs. */
static uint32_t wanted_entries(const struct bpf_map *map)
{
	uint32_t entries = bpf_map__max_entries(map);
	int cpus = libbpf_num_possible_cpus();

	if (bpf_map__type(map) == BPF_MAP_TYPE_PERF_EVENT_ARRAY && entries == 0 && cpus > 0)
		return (uint32_t)cpus;
	return entries;
}

/* As somebody gave them: the kernel adds one of its own (kernel/bpf/devmap.c, dev_map_init_map()).
 */
static uint32_t given_flags(const struct bpf_map_info *kept)
{
	if (kept->type == BPF_MAP_TYPE_DEVMAP || kept->type == BPF_MAP_TYPE_DEVMAP_HASH)
		return kept->map_flags & ~(uint32_t)BPF_F_RDONLY_PROG;
	return kept->map_flags;
}

/* What libbpf compares too; with type and sizes apart, the types of the contents say nothing more.
 */
static int compare_shape(const struct bpf_map *map, const struct bpf_map_info *kept,
			 char text[LAYOUT_TEXT_MAX])
{
	const struct {
		const char *what;
		uint64_t kept, wanted;
	} properties[] = {
		{"key_size", kept->key_size, bpf_map__key_size(map)},
		{"value_size", kept->value_size, bpf_map__value_size(map)},
		{"max_entries", kept->max_entries, wanted_entries(map)},
		{"flags", given_flags(kept), bpf_map__map_flags(map)},
		{"map_extra", kept->map_extra, bpf_map__map_extra(map)},
	};

	if (kept->type != bpf_map__type(map)) {
		(void)snprintf(text, LAYOUT_TEXT_MAX,
			       "type is %s (%u) in the kept map and %s (%u) in the new object",
			       type_name(kept->type), kept->type, type_name(bpf_map__type(map)),
			       bpf_map__type(map));
		return 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(properties); i++)
		if (properties[i].kept != properties[i].wanted) {
			(void)snprintf(text, LAYOUT_TEXT_MAX,
				       "%s is %" PRIu64 " in the kept map and %" PRIu64
				       " in the new object",
				       properties[i].what, properties[i].kept,
				       properties[i].wanted);
			return 1;
		}
	return 0;
}

static int compare_contents(const struct btf *kept_btf, const struct bpf_map_info *kept,
			    const struct btf *btf, const struct bpf_map *map,
			    char text[LAYOUT_TEXT_MAX])
{
	uint32_t key = bpf_map__btf_key_type_id(map), value = bpf_map__btf_value_type_id(map);
	int differs = 0;

	if (key && kept->btf_key_type_id)
		differs = layout_compare("key", kept_btf, kept->btf_key_type_id, btf, key, text);
	if (!differs && value && kept->btf_value_type_id)
		differs = layout_compare("value", kept_btf, kept->btf_value_type_id, btf, value,
					 text);
	return differs;
}

int kept_compare(const struct loading *loading, const struct bpf_map *map, int fd,
		 char text[LAYOUT_TEXT_MAX])
{
	const struct btf *btf = bpf_object__btf(loading->object);
	struct bpf_map_info kept;
	struct btf *kept_btf;
	int differs = get_info(fd, &kept);

	if (!differs)
		differs = compare_shape(map, &kept, text);
	if (differs || !kept.btf_id)
		return differs;
	kept_btf = btf__load_from_kernel_by_id(kept.btf_id);
	if (!kept_btf)
		return -errno;
	differs = compare_contents(kept_btf, &kept, btf, map, text);
	btf__free(kept_btf);
	return differs;
}

int64_t kept_count_entries(int fd)
{
	cleanup_free char *key = NULL, *next = NULL;
	struct bpf_map_info info;
	int64_t count = 0;
	int err = get_info(fd, &info);

	if (err)
		return err;
	if (info.type == BPF_MAP_TYPE_ARRAY || info.type == BPF_MAP_TYPE_PERCPU_ARRAY)
		return info.max_entries;
	key = calloc(1, info.key_size + 1);
	next = calloc(1, info.key_size + 1);
	if (!key || !next)
		return -ENOMEM;
	for (err = bpf_map_get_next_key(fd, NULL, next); !err;
	     err = bpf_map_get_next_key(fd, key, next)) {
		memcpy(key, next, info.key_size);
		/* Keys that come and go meanwhile may lead the walk in a circle. */
		if (++count >= info.max_entries)
			break;
	}
	return err && err != -ENOENT ? -EOPNOTSUPP : count;
}
