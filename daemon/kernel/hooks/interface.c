/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/hooks/interface.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>

int interface_index(const struct attach *attach, struct failure *reterr_failure)
{
	unsigned index = if_nametoindex(attach->target);

	if (!index)
		return failure_set(reterr_failure, OUTCOME_REFUSED, -ENODEV,
				   "no interface \"%s\" in ebpfd's network namespace "
				   "(ip link shows what there is)",
				   attach->target);
	return (int)index;
}

uint64_t interface_target(const struct attach *attach)
{
	return if_nametoindex(attach->target);
}

/* Links of xdp, tcx and netkit have it in the same place (include/uapi/linux/bpf.h). */
uint64_t interface_link_target(const struct attach *attach, const struct bpf_link_info *info)
{
	(void)attach;
	return info->xdp.ifindex;
}
