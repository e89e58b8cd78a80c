/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "daemon/kernel/hook.h"
#include "daemon/kernel/hooks/interface.h"

/* include/uapi/linux/bpf.h from Linux 6.6 on; the header of the build machine may be older. */
#define ATTACH_TCX_INGRESS ((enum bpf_attach_type)46)
#define ATTACH_TCX_EGRESS  ((enum bpf_attach_type)47)
/* TCX_NEXT: go on with the next program, and without one, as if there were none. */
#define TCX_VERDICT_NEXT (-1)

static int tcx_describe(const struct attach *attach, struct hook_type *ret,
			struct failure *reterr_failure)
{
	(void)attach;
	(void)reterr_failure;
	*ret = (struct hook_type){.program_type = BPF_PROG_TYPE_SCHED_CLS,
				  .neutral = TCX_VERDICT_NEXT,
				  .updatable = true};
	return 0;
}

static int tcx_attach(const struct attach *attach, int program_fd, struct failure *reterr_failure)
{
	bool ingress = strcmp(attach->detail, "ingress") == 0;
	int index = interface_index(attach, reterr_failure);
	int link;

	if (index < 0)
		return index;
	/* libbpf 1.1 has no attach call for tcx. */
	link = bpf_link_create(program_fd, index, ingress ? ATTACH_TCX_INGRESS : ATTACH_TCX_EGRESS,
			       NULL);
	if (link == -EINVAL)
		return failure_set(reterr_failure, OUTCOME_REFUSED, link,
				   "this kernel refuses tcx links, which came with Linux 6.6");
	if (link < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, link,
					 "cannot attach tcx to \"%s\" %s", attach->target,
					 attach->detail);
	return link;
}

const struct hook_operations hook_tcx = {.describe = tcx_describe, .attach = tcx_attach};
