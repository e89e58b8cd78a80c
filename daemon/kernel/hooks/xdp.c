/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>

#include "daemon/kernel/hook.h"
#include "daemon/kernel/hooks/interface.h"

static int xdp_describe(const struct attach *attach, struct hook_type *ret,
			struct failure *reterr_failure)
{
	(void)attach;
	(void)reterr_failure;
	*ret = (struct hook_type){.program_type = BPF_PROG_TYPE_XDP,
				  .expected = BPF_XDP,
				  .neutral = XDP_PASS,
				  .updatable = true};
	return 0;
}

static __u32 mode_flags(const char *mode)
{
	if (strcmp(mode, "native") == 0)
		return XDP_FLAGS_DRV_MODE;
	if (strcmp(mode, "generic") == 0)
		return XDP_FLAGS_SKB_MODE;
	return 0;
}

static int xdp_attach(const struct attach *attach, int program_fd, struct failure *reterr_failure)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = mode_flags(attach->detail));
	int index = interface_index(attach, reterr_failure);
	int link;

	if (index < 0)
		return index;
	link = bpf_link_create(program_fd, index, BPF_XDP, &options);
	if (link == -EBUSY || link == -EEXIST)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, link,
			"interface \"%s\" has an XDP program already, and XDP takes one; "
			"see it with: ip link show %s",
			attach->target, attach->target);
	if (link == -EOPNOTSUPP)
		return failure_set(reterr_failure, OUTCOME_REFUSED, link,
				   "the driver of \"%s\" has no native XDP; use xdp:%s,generic",
				   attach->target, attach->target);
	if (link < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, link,
					 "cannot attach XDP to \"%s\"", attach->target);
	return link;
}

/* While the link is attached nobody else is (net/core/dev.c, dev_xdp_attach()). */
static uint32_t xdp_rival(const struct attach *attach, const struct bpf_link_info *info,
			  uint64_t attached_usec)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, options);
	int index = interface_index(attach, NULL);

	(void)attached_usec;
	if (info || index < 0 || bpf_xdp_query(index, 0, &options) < 0)
		return 0;
	return options.drv_prog_id ? options.drv_prog_id : options.skb_prog_id;
}

const struct hook_operations hook_xdp = {.describe = xdp_describe,
					 .attach = xdp_attach,
					 .noun = "interface",
					 .target = interface_target,
					 .link_target = interface_link_target,
					 .rival = xdp_rival};
