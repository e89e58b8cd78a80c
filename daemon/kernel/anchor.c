/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/anchor.h"

#include <errno.h>
#include <string.h>

#include "daemon/kernel/tc_filter.h"
#include "lib/cleanup.h"

#define MAP_NAME "ebpfd_anchor"

int anchor_make(const struct anchor *anchor)
{
	cleanup_close int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, MAP_NAME, sizeof(uint32_t),
					       sizeof(*anchor), 1, NULL);
	const uint32_t zero = 0;
	int err;

	if (map < 0)
		return map;
	err = bpf_map_update_elem(map, &zero, anchor, BPF_ANY);
	if (!err)
		err = bpf_map_freeze(map);
	return err ? err : TAKE_FD(map);
}

bool anchor_is_map(const struct bpf_map_info *info)
{
	return info->type == BPF_MAP_TYPE_ARRAY && info->value_size == sizeof(struct anchor) &&
	       strcmp(info->name, MAP_NAME) == 0;
}

int anchor_read(int fd, struct anchor *ret)
{
	const uint32_t zero = 0;
	struct anchor anchor;
	int err = bpf_map_lookup_elem(fd, &zero, &anchor);

	if (err)
		return err;
	if (anchor.kind != ANCHOR_FILTER)
		return -EINVAL;
	*ret = anchor;
	return 0;
}

int anchor_attach(int fd, int program_fd, struct failure *reterr_failure)
{
	struct anchor anchor;
	int err = anchor_read(fd, &anchor);

	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
					 "cannot read what is to be attached");
	return tc_filter_attach(&anchor, program_fd, reterr_failure);
}

int anchor_look(int fd, struct bpf_link_info *ret)
{
	struct bpf_link_info info = {0};
	struct anchor anchor;
	uint32_t program = 0;
	int err = anchor_read(fd, &anchor);

	if (!err)
		err = tc_filter_find(&anchor, &program);
	if (err && err != -ENOENT)
		return err;
	info.prog_id = err ? anchor.program : program;
	info.xdp.ifindex = err ? 0 : anchor.interface;
	*ret = info;
	return 0;
}

void anchor_release(int fd)
{
	struct anchor anchor;

	if (anchor_read(fd, &anchor) == 0)
		tc_filter_detach(&anchor);
}
