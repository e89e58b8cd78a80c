/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/hook.h"

#include <errno.h>

#include "lib/cleanup.h"

static const struct hook_operations *const kinds[] = {
	[HOOK_XDP] = &hook_xdp,
	[HOOK_TCX] = &hook_tcx,
	[HOOK_NETKIT] = &hook_netkit,
	[HOOK_CGROUP] = &hook_cgroup,
	[HOOK_TRACEPOINT] = &hook_tracepoint,
	[HOOK_RAW_TP] = &hook_raw_tp,
	[HOOK_NETNS] = &hook_netns,
	[HOOK_ITER] = &hook_iter,
	[HOOK_KPROBE] = &hook_kprobe,
	[HOOK_KRETPROBE] = &hook_kprobe,
	[HOOK_UPROBE] = &hook_uprobe,
	[HOOK_URETPROBE] = &hook_uprobe,
	[HOOK_FENTRY] = &hook_trampoline,
	[HOOK_FEXIT] = &hook_trampoline,
	[HOOK_LSM] = &hook_lsm,
	[HOOK_PERF] = &hook_perf,
	[HOOK_TC] = &hook_tc,
	[HOOK_SOCKET] = &hook_socket,
};

_Static_assert(ARRAY_SIZE(kinds) == HOOK_KIND_MAX_, "a row for each kind of hook");

int hook_describe(const struct attach *attach, struct hook_type *ret,
		  struct failure *reterr_failure)
{
	return kinds[attach->kind]->describe(attach, ret, reterr_failure);
}

int hook_attach(const struct attach *attach, int program_fd, struct failure *reterr_failure)
{
	return kinds[attach->kind]->attach(attach, program_fd, reterr_failure);
}

int hook_engage(const struct attach *attach, int link_fd, int program_fd,
		struct failure *reterr_failure)
{
	if (!kinds[attach->kind]->engage)
		return 0;
	return kinds[attach->kind]->engage(link_fd, program_fd, reterr_failure);
}

static int update_back(int link_fd, int program_fd, uint32_t other)
{
	LIBBPF_OPTS(bpf_link_update_opts, options, .flags = BPF_F_REPLACE);
	cleanup_close int other_fd = bpf_prog_get_fd_by_id(other);

	if (other_fd < 0)
		return other_fd;
	options.old_prog_fd = (uint32_t)other_fd;
	return bpf_link_update(link_fd, program_fd, &options);
}

int hook_take_back(const struct attach *attach, int link_fd, int program_fd, uint32_t other)
{
	if (!kinds[attach->kind]->take_back)
		return update_back(link_fd, program_fd, other);
	return kinds[attach->kind]->take_back(link_fd, program_fd, other);
}

bool hook_is_held(const struct attach *attach)
{
	return kinds[attach->kind]->is_held;
}

const char *hook_attachment(const struct attach *attach)
{
	return kinds[attach->kind]->attachment ? kinds[attach->kind]->attachment : "link";
}

int hook_check_context(const struct attach *attach, const char *function, int program_fd,
		       int known_fd, struct failure *reterr_failure)
{
	if (!kinds[attach->kind]->check_context)
		return 0;
	return kinds[attach->kind]->check_context(attach, function, program_fd, known_fd,
						  reterr_failure);
}

const struct hook_operations *hook_operations_of(const struct attach *attach)
{
	return kinds[attach->kind];
}

uint32_t hook_rival(const struct attach *attach, const struct bpf_link_info *info,
		    uint64_t attached_usec)
{
	if (!kinds[attach->kind]->rival)
		return 0;
	return kinds[attach->kind]->rival(attach, info, attached_usec);
}

int hook_link_can_update(int link_fd, int program_fd)
{
	LIBBPF_OPTS(bpf_link_update_opts, options, .flags = BPF_F_REPLACE,
		    .old_prog_fd = (uint32_t)program_fd);
	int err = bpf_link_update(link_fd, program_fd, &options);

	if (err == -EINVAL)
		return 0;
	return err ? err : 1;
}
