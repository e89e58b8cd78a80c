// SPDX-License-Identifier: GPL-2.0-or-later
/* Bad input: reads the packet without a look at where it ends, which the verifier refuses. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int on_packet(struct xdp_md *ctx)
{
	const __u8 *data = (const void *)(long)ctx->data;

	return data[14] ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
