// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bad input: the verifier walks through many instructions before it meets what it refuses, so that
 * its log is longer than any message.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int on_packet(struct xdp_md *ctx)
{
	const __u8 *data = (const void *)(long)ctx->data;
	volatile __u32 sum = 0;

#pragma unroll
	for (int i = 0; i < 200; i++)
		sum += ctx->ingress_ifindex ^ i;
	return data[14] == sum ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
