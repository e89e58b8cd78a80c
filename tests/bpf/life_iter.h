/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Iterators over tasks. Each notes the end alone, which comes once whatever tasks there are. */
#pragma once

#include "tests/bpf/life.h"

/* struct bpf_iter__task of the kernel: what tells of the iteration, then the task or NULL. */
#define TASK_OF(context) ((context)[1])

SEC("iter/task")
int EBPFD_PROG(on_task, __u64 *context)
{
	if (!TASK_OF(context))
		note_run(0, ebpfd_hook);
	return 0;
}

SEC("iter.s/task")
int EBPFD_PROG(on_task_and_sleep, __u64 *context)
{
	if (!TASK_OF(context))
		note_run(0, ebpfd_hook);
	return 0;
}
