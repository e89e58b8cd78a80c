// SPDX-License-Identifier: GPL-2.0-or-later
/* A program behind a tail call that asks for the function's address, and two that go before it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

volatile __u64 address;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} slots SEC(".maps");

SEC("fentry/bpf_fentry_test1")
int callee(void *ctx)
{
	address = bpf_get_func_ip(ctx);
	return 0;
}

SEC("fentry/bpf_fentry_test1")
int silent(void *ctx)
{
	bpf_tail_call(ctx, &slots, 0);
	return 0;
}

SEC("fentry/bpf_fentry_test1")
int asking(void *ctx)
{
	(void)bpf_get_func_ip(ctx);
	bpf_tail_call(ctx, &slots, 0);
	return 0;
}

char _license[] SEC("license") = "GPL";
