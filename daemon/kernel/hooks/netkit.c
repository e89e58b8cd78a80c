/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pairs of virtual interfaces with programs that run as either end sends. Those of both ends are
 * attached by way of the primary one (drivers/net/netkit.c, netkit_dev_fetch()): the other one may
 * be in a container, and has no say in what runs there.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "daemon/kernel/hooks/chain.h"
#include "daemon/kernel/hooks/interface.h"

static int refuse(const struct attach *attach, int err, struct failure *reterr_failure)
{
	const char *name = attach->target;

	if (err == -EINVAL)
		return failure_set(reterr_failure, OUTCOME_REFUSED, err,
				   "this kernel refuses netkit links, which came with Linux 6.7 "
				   "(CONFIG_NETKIT)");
	if (err == -ENXIO)
		return failure_set(reterr_failure, OUTCOME_REFUSED, err,
				   "interface \"%s\" is no netkit device (ip -d link show %s tells "
				   "what it is); tcx:%s/ingress|egress attaches to any interface",
				   name, name, name);
	if (err == -EACCES)
		return failure_set(reterr_failure, OUTCOME_REFUSED, err,
				   "interface \"%s\" is the peer of its pair; the programs of both "
				   "ends are attached by the primary one, as "
				   "netkit:PRIMARY/primary|peer",
				   name);
	return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
				 "cannot attach netkit to \"%s\" %s", name, attach->detail);
}

static int netkit_attach(const struct attach *attach, int program_fd,
			 struct failure *reterr_failure)
{
	int index = interface_index(attach, reterr_failure);
	int link;

	if (index < 0)
		return index;
	link = chain_attach(attach, index, program_fd);
	return link < 0 ? refuse(attach, link, reterr_failure) : link;
}

/* Whatever its name is by now; 0: it is not in this namespace any more. */
static uint32_t primary_of_link(const struct attach *attach, uint32_t link)
{
	struct if_nameindex *interfaces = if_nameindex();
	uint32_t primary = 0;

	for (size_t i = 0; interfaces && interfaces[i].if_index && !primary; i++)
		if (chain_has_link(attach, interfaces[i].if_index, link))
			primary = interfaces[i].if_index;
	if (interfaces)
		if_freenameindex(interfaces);
	return primary;
}

/*
 * A link at the peer tells the peer's index, which counts in that one's namespace, where the next
 * peer may have the same (netkit_link_fill_info()): the primary's is what tells pairs apart. Where
 * that has moved away, the link is attached all the same.
 */
static uint64_t netkit_link_target(const struct attach *attach, const struct bpf_link_info *info)
{
	uint64_t target = interface_link_target(attach, info);
	uint32_t primary;

	if (!target || strcmp(attach->detail, "primary") == 0)
		return target;
	primary = if_nametoindex(attach->target);
	if (!chain_has_link(attach, primary, info->id))
		primary = primary_of_link(attach, info->id);
	return primary ? primary : target;
}

const struct hook_operations hook_netkit = {.describe = chain_describe,
					    .attach = netkit_attach,
					    .noun = "interface",
					    .target = interface_target,
					    .link_target = netkit_link_target,
					    .rival = chain_rival};
