/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traffic control as it was before tcx, on all kernels: by filters, which have no links. */
#include <linux/pkt_cls.h>
#include <string.h>

#include "daemon/kernel/anchor.h"
#include "daemon/kernel/hook.h"
#include "daemon/kernel/hooks/interface.h"
#include "daemon/kernel/tc_filter.h"

static int tc_describe(const struct attach *attach, struct hook_type *ret,
		       struct failure *reterr_failure)
{
	(void)attach;
	(void)reterr_failure;
	/* Of no opinion: the next filter is asked, and without one the packet passes. */
	*ret = (struct hook_type){.program_type = BPF_PROG_TYPE_SCHED_CLS,
				  .neutral = TC_ACT_UNSPEC};
	return 0;
}

static int tc_attach(const struct attach *attach, int program_fd, struct failure *reterr_failure)
{
	struct anchor anchor = {.kind = ANCHOR_FILTER,
				.egress = strcmp(attach->detail, "egress") == 0};
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);
	int index = interface_index(attach, reterr_failure), err, fd;

	if (index < 0)
		return index;
	err = bpf_obj_get_info_by_fd(program_fd, &info, &length);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "cannot tell the program's id");
	anchor.interface = (uint32_t)index;
	anchor.program = info.id;
	fd = anchor_make(&anchor);
	if (fd < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, fd,
					 "cannot make a map for the hook");
	return fd;
}

static int tc_take_back(int anchor_fd, int program_fd, uint32_t other)
{
	struct anchor anchor;
	int err = anchor_read(anchor_fd, &anchor);

	return err ? err : tc_filter_take_back(&anchor, program_fd, other);
}

const struct hook_operations hook_tc = {.describe = tc_describe,
					.attach = tc_attach,
					.engage = anchor_attach,
					.take_back = tc_take_back,
					.attachment = "filter",
					.noun = "interface",
					.target = interface_target,
					.link_target = interface_link_target};
