// SPDX-License-Identifier: GPL-2.0-or-later
/* Sections that tell ever less of their programs. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tcx/ingress")
int on_frame(struct __sk_buff *skb)
{
	return skb->len ? -1 : 0;
}

/* No type of program. */
SEC("somewhere")
int on_anything(struct __sk_buff *skb)
{
	return skb->len ? -1 : 0;
}

/* To be loaded for a hook alone. */
SEC("?xdp")
int on_packet(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
