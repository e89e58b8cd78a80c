/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "daemon/kernel/hook.h"

static int raw_tp_describe(const struct attach *attach, struct hook_type *ret,
			   struct failure *reterr_failure)
{
	(void)attach;
	(void)reterr_failure;
	*ret = (struct hook_type){.program_type = BPF_PROG_TYPE_RAW_TRACEPOINT, .has_task = true};
	return 0;
}

static int raw_tp_attach(const struct attach *attach, int program_fd,
			 struct failure *reterr_failure)
{
	int link = bpf_raw_tracepoint_open(attach->target, program_fd);

	if (link == -ENOENT)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, link,
			"no raw tracepoint \"%s\" in this kernel; they have the names of "
			"the tracepoints in /sys/kernel/tracing/events, without category",
			attach->target);
	if (link < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, link,
					 "cannot attach to raw tracepoint \"%s\"", attach->target);
	return link;
}

const struct hook_operations hook_raw_tp = {.describe = raw_tp_describe, .attach = raw_tp_attach};
