/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/skipped.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "lib/cleanup.h"

static int attached_program(const struct unit_pins *pins, const struct manifest_hook *hook)
{
	struct bpf_link_info info = {0};
	uint32_t length = sizeof(info);
	char path[PIN_PATH_MAX];
	cleanup_close int link = -1;
	int err;

	place_path(pins, hook->place, "link", path);
	link = bpf_obj_get(path);
	if (link < 0)
		return link;
	err = bpf_obj_get_info_by_fd(link, &info, &length);
	return err ? err : bpf_prog_get_fd_by_id(info.prog_id);
}

static int read_misses(const struct unit_pins *pins, const struct manifest_hook *hook,
		       uint64_t *ret)
{
	cleanup_close int program = attached_program(pins, hook);
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);
	int err = program < 0 ? program : bpf_obj_get_info_by_fd(program, &info, &length);

	if (!err)
		*ret = info.recursion_misses;
	return err;
}

int skipped_read(const struct unit_pins *pins, const struct manifest_hook *hook, uint64_t *ret)
{
	switch (hook->attach.kind) {
	case HOOK_XDP:
	case HOOK_TCX:
	case HOOK_CGROUP:
		*ret = 0;
		return 0;
	case HOOK_RAW_TP:
		return read_misses(pins, hook, ret);
	default:
		return -EOPNOTSUPP;
	}
}
