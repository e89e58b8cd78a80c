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
	int index = interface_index(attach, reterr_failure), err;
	struct anchor anchor;

	if (index < 0)
		return index;
	err = anchor_init(&anchor, ANCHOR_FILTER, (uint32_t)index, program_fd, reterr_failure);
	if (err)
		return err;
	anchor.egress = strcmp(attach->detail, "egress") == 0;
	return anchor_make(&anchor, reterr_failure);
}

/* The anchor is pinned by now: a kill from here on leaves nothing that no pin leads to. */
static int tc_engage(int anchor_fd, int program_fd, struct failure *reterr_failure)
{
	struct anchor anchor;
	int err = anchor_read(anchor_fd, &anchor);

	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
					 "cannot read what is to be attached");
	return tc_filter_attach(&anchor, program_fd, reterr_failure);
}

static int tc_take_back(int anchor_fd, int program_fd, uint32_t other)
{
	struct anchor anchor;
	int err = anchor_read(anchor_fd, &anchor);

	return err ? err : tc_filter_take_back(&anchor, program_fd, other);
}

const struct hook_operations hook_tc = {.describe = tc_describe,
					.attach = tc_attach,
					.engage = tc_engage,
					.take_back = tc_take_back,
					.attachment = "filter",
					.noun = "interface",
					.target = interface_target,
					.link_target = interface_link_target};
