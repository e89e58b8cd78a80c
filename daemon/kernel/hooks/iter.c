/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/hook.h"

/* What lets the kernel go on to the next element (kernel/bpf/bpf_iter.c, bpf_iter_run_prog()). */
#define GO_ON 0

static int iter_describe(const struct attach *attach, struct hook_type *ret,
			 struct failure *reterr_failure)
{
	(void)reterr_failure;
	*ret = (struct hook_type){.program_type = BPF_PROG_TYPE_TRACING,
				  .expected = BPF_TRACE_ITER,
				  .function = attach->target,
				  .has_task = true,
				  .neutral = GO_ON,
				  .updatable = true};
	return 0;
}

static int iter_attach(const struct attach *attach, int program_fd, struct failure *reterr_failure)
{
	int link = bpf_link_create(program_fd, 0, BPF_TRACE_ITER, NULL);

	if (link < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, link,
					 "cannot attach to iterator \"%s\"", attach->target);
	return link;
}

const struct hook_operations hook_iter = {.describe = iter_describe, .attach = iter_attach};
