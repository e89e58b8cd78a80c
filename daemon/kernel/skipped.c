/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/skipped.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "lib/cleanup.h"

static int read_misses(uint32_t program_id, uint64_t *ret)
{
	cleanup_close int program = bpf_prog_get_fd_by_id(program_id);
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);
	int err = program < 0 ? program : bpf_obj_get_info_by_fd(program, &info, &length);

	if (!err)
		*ret = info.recursion_misses;
	return err;
}

int skipped_read(const struct attach *attach, uint32_t program_id, uint64_t *ret)
{
	switch (attach->kind) {
	case HOOK_XDP:
	case HOOK_TCX:
	case HOOK_NETKIT:
	case HOOK_TC:
	case HOOK_SOCKET:
	case HOOK_CGROUP:
		*ret = 0;
		return 0;
	case HOOK_RAW_TP:
	case HOOK_FENTRY:
	case HOOK_FEXIT:
	case HOOK_LSM:
		return read_misses(program_id, ret);
	default:
		return -EOPNOTSUPP;
	}
}
