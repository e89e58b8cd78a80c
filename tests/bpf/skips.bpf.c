// SPDX-License-Identifier: GPL-2.0-or-later
/* Counts one event twice, in one process: as a tracepoint and as the raw tracepoint behind it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Set before load. */
const volatile __u32 process = 0;

struct {
	__u64 tracepoint, raw;
} volatile runs;

static int is_ours(void)
{
	return bpf_get_current_pid_tgid() >> 32 == process;
}

SEC("tracepoint")
int on_tracepoint(void *ctx)
{
	(void)ctx;
	if (is_ours())
		__sync_fetch_and_add(&runs.tracepoint, 1);
	return 1;
}

SEC("raw_tp")
int on_raw(void *ctx)
{
	(void)ctx;
	if (is_ours())
		__sync_fetch_and_add(&runs.raw, 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
