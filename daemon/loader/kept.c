/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/kept.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/loader/shape.h"
#include "lib/cleanup.h"

static int get_info(int fd, struct bpf_map_info *info)
{
	uint32_t length = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(fd, info, &length);
}

/* As somebody gave them: the kernel adds one of its own (kernel/bpf/devmap.c, dev_map_init_map()).
 */
static uint32_t given_flags(const struct bpf_map_info *kept)
{
	if (kept->type == BPF_MAP_TYPE_DEVMAP || kept->type == BPF_MAP_TYPE_DEVMAP_HASH)
		return kept->map_flags & ~(uint32_t)BPF_F_RDONLY_PROG;
	return kept->map_flags;
}

static int compare_shape(const struct bpf_map *map, const struct bpf_map_info *info,
			 char text[LAYOUT_TEXT_MAX])
{
	const struct map_shape wanted = map_shape_declared(map);
	const struct map_shape kept = {
		.type = info->type,
		.key_size = info->key_size,
		.value_size = info->value_size,
		.max_entries = info->max_entries,
		.flags = given_flags(info),
		.extra = info->map_extra,
	};

	return map_shape_compare(&kept, "the kept map", &wanted, "the new object", text);
}

int kept_compare(const struct loading *loading, const struct bpf_map *map, int fd,
		 char text[LAYOUT_TEXT_MAX])
{
	const struct map_contents wanted = map_contents_declared(loading->object, map);
	struct map_contents contents;
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
	contents = (struct map_contents){kept_btf, kept.btf_key_type_id, kept.btf_value_type_id};
	differs = map_contents_compare(&contents, &wanted, text);
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
