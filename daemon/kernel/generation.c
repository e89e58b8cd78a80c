/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/generation.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "daemon/kernel/bpffs.h"
#include "lib/cleanup.h"

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
