// SPDX-License-Identifier: GPL-2.0-or-later
/* Bad input at sched_process_exec: reads a fourth argument, and its tracepoint has three. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sched_process_exec")
int on_event(struct bpf_raw_tracepoint_args *ctx)
{
	return ctx->args[3] != 0;
}

char _license[] SEC("license") = "GPL";
