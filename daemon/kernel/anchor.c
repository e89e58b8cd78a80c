/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/anchor.h"

#include <errno.h>
#include <string.h>

#include "daemon/kernel/held_sockets.h"
#include "daemon/kernel/packet_socket.h"
#include "daemon/kernel/tc_filter.h"
#include "lib/cleanup.h"

#define MAP_NAME "ebpfd_anchor"

int anchor_init(struct anchor *ret, enum anchor_kind kind, uint32_t interface, int program_fd,
		struct failure *reterr_failure)
{
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);
	int err = bpf_obj_get_info_by_fd(program_fd, &info, &length);

	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "cannot tell the program's id");
	*ret = (struct anchor){.kind = kind, .interface = interface, .program = info.id};
	return 0;
}

static int make(const struct anchor *anchor)
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

int anchor_make(const struct anchor *anchor, struct failure *reterr_failure)
{
	int fd = make(anchor);

	if (fd < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, fd,
					 "cannot make a map for the hook");
	return fd;
}

bool anchor_is_map(const struct bpf_map_info *info)
{
	return info->type == BPF_MAP_TYPE_ARRAY && info->value_size == sizeof(struct anchor) &&
	       strcmp(info->name, MAP_NAME) == 0;
}

/* The id of the program that is attached; -ENOENT: none is. */
static int find(const struct anchor *anchor, uint32_t *ret)
{
	int there;

	if (anchor->kind == ANCHOR_FILTER)
		return tc_filter_find(anchor, ret);
	/* What filter a socket has the kernel does not tell. Who else had it open would be root. */
	there = packet_socket_is_there(anchor);
	*ret = anchor->program;
	return there == 1 ? 0 : there ? there : -ENOENT;
}

int anchor_read(int fd, struct anchor *ret)
{
	const uint32_t zero = 0;
	struct anchor anchor;
	int err = bpf_map_lookup_elem(fd, &zero, &anchor);

	if (err)
		return err;
	if (anchor.kind != ANCHOR_FILTER && anchor.kind != ANCHOR_SOCKET)
		return -EINVAL;
	*ret = anchor;
	return 0;
}

int anchor_look(int fd, struct bpf_link_info *ret)
{
	struct bpf_link_info info = {0};
	struct anchor anchor;
	uint32_t program = 0;
	int err = anchor_read(fd, &anchor);

	if (!err)
		err = find(&anchor, &program);
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

	if (anchor_read(fd, &anchor) < 0)
		return;
	if (anchor.kind == ANCHOR_FILTER)
		tc_filter_detach(&anchor);
	else
		held_sockets_release(&anchor);
}
