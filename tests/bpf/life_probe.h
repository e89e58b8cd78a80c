/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs for the kinds of hook that probe functions and events. What anybody may cause is told by
 * a value that nobody else uses: LIFE_OFFSET, LIFE_PAGE. The files beside it set VERSION.
 */
#pragma once

#define __TARGET_ARCH_x86
#include <linux/bpf.h>
#include <bpf/bpf_tracing.h>
#include <linux/bpf_perf_event.h>
#include <linux/ptrace.h>
#include <stddef.h>

#include "tests/bpf/life.h"
#include "tests/bpf/life_probe_values.h"

/* The second argument of a system call, whose function has all of them in one struct. */
static __always_inline __u64 second_of(const void *registers)
{
	__u64 value = 0;

	(void)bpf_probe_read_kernel(&value, sizeof(value),
				    (const char *)registers + offsetof(struct pt_regs, rsi));
	return value;
}

/* lseek(fd, LIFE_OFFSET), by its system call. */

SEC("kprobe")
int EBPFD_PROG(on_kprobe, struct pt_regs *context)
{
	if (second_of((const void *)PT_REGS_PARM1(context)) == LIFE_OFFSET)
		note_run(0, ebpfd_hook);
	return 0;
}

SEC("kretprobe")
int EBPFD_PROG(on_kretprobe, struct pt_regs *context)
{
	if (PT_REGS_RC(context) == LIFE_OFFSET)
		note_run(1, ebpfd_hook);
	return 0;
}

SEC("fentry")
int EBPFD_PROG(on_fentry, __u64 *arguments)
{
	if (second_of((const void *)arguments[0]) == LIFE_OFFSET)
		note_run(0, ebpfd_hook);
	return 0;
}

SEC("fexit")
int EBPFD_PROG(on_fexit, __u64 *arguments)
{
	if (arguments[1] == LIFE_OFFSET)
		note_run(1, ebpfd_hook);
	return 0;
}

/* ioctl(fd, 0, LIFE_OFFSET), at file_ioctl. */
SEC("lsm")
int EBPFD_PROG(on_lsm, __u64 *arguments)
{
	if (arguments[2] == LIFE_OFFSET)
		note_run(2, ebpfd_hook);
	return 0;
}

/* A function of the test's own. */
LIFE_PROGRAM(on_uprobe, "uprobe", 0, 0)
LIFE_PROGRAM(on_uretprobe, "uretprobe", 1, 0)

/* The same by programs that may sleep. */

SEC("lsm.s")
int EBPFD_PROG(sleeps_at_lsm, __u64 *arguments)
{
	if (arguments[2] == LIFE_OFFSET)
		note_run(0, ebpfd_hook);
	return 0;
}

LIFE_PROGRAM(sleeps_at_uprobe, "uprobe.s", 1, 0)

/* A page fault. */
SEC("perf_event")
int EBPFD_PROG(on_perf, struct bpf_perf_event_data *context)
{
	if (context->addr == LIFE_PAGE)
		note_run(2, ebpfd_hook);
	return 0;
}
