/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/generation.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "lib/cleanup.h"
#include "lib/str.h"

static int open_pin(const char *root, const struct manifest *generation, const char *folder,
		    const char *name)
{
	char encoded[OBJECT_NAME_MAX], path[PIN_PATH_MAX];
	int err = bpffs_encode_name(name, encoded, sizeof(encoded));

	if (err)
		return err;
	pin_path(path, root, "%s/gen-%u/%s/%s", generation->unit, generation->generation, folder,
		 encoded);
	return bpf_obj_get(path);
}

int generation_open_map(const char *root, const struct manifest *generation, const char *name)
{
	return open_pin(root, generation, "maps", name);
}

int generation_open_program(const char *root, const struct manifest *generation, const char *name)
{
	return open_pin(root, generation, "progs", name);
}

/* The id of the map that is pinned there; 0 if there is none. */
static uint32_t pinned_map_id(const char *path)
{
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);
	cleanup_close int fd = bpf_obj_get(path);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &length) < 0)
		return 0;
	return info.id;
}

int generation_publish_map(const char *root, const struct manifest *generation,
			   const struct manifest_map *map, const char *path, const char *staged)
{
	cleanup_close int fd = -1;
	int err;

	if (pinned_map_id(path) == map->id)
		return 0;
	fd = generation_open_map(root, generation, map->name);
	if (fd < 0)
		return fd;
	/* What a kill left under this name may be another generation's map. */
	(void)unlink(staged);
	err = bpf_obj_pin(fd, staged);
	if (err)
		return err;
	return rename(staged, path) < 0 ? -errno : 0;
}

bool generation_number(const char *name, uint32_t *ret)
{
	const char *digits;
	uint64_t number;

	if (!str_has_prefix(name, "gen-", &digits) || str_to_u64(digits, &number) < 0 ||
	    number == 0 || number > UINT32_MAX)
		return false;
	*ret = (uint32_t)number;
	return true;
}

struct btf *generation_load_btf(const char *root, const struct manifest *generation)
{
	cleanup_close int fd =
		generation_open_program(root, generation, generation->hooks[0].program);
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &length) < 0 || info.btf_id == 0)
		return NULL;
	return btf__load_from_kernel_by_id(info.btf_id);
}

struct btf *generation_free_btf(struct btf *btf)
{
	btf__free(btf);
	return NULL;
}
