// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bad input for a unit that attaches `on_packet` to XDP: the program reads another kind's context,
 * at an offset that XDP's has not, so that it verifies as what its section says and as nothing
 * else.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("cgroup_skb/egress")
int on_packet(struct __sk_buff *skb)
{
	return skb->sk ? 1 : 0;
}

char _license[] SEC("license") = "GPL";
