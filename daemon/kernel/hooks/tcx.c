/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "daemon/kernel/hooks/chain.h"
#include "daemon/kernel/hooks/interface.h"

static int tcx_attach(const struct attach *attach, int program_fd, struct failure *reterr_failure)
{
	int index = interface_index(attach, reterr_failure);
	int link;

	if (index < 0)
		return index;
	link = chain_attach(attach, index, program_fd);
	if (link == -EINVAL)
		return failure_set(reterr_failure, OUTCOME_REFUSED, link,
				   "this kernel refuses tcx links, which came with Linux 6.6");
	if (link < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, link,
					 "cannot attach tcx to \"%s\" %s", attach->target,
					 attach->detail);
	return link;
}

const struct hook_operations hook_tcx = {.describe = chain_describe,
					 .attach = tcx_attach,
					 .noun = "interface",
					 .target = interface_target,
					 .link_target = interface_link_target,
					 .rival = chain_rival};
