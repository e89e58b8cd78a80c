// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two programs for where frames leave. The first gives frames of one sort a VLAN tag, in the
 * metadata of the kernel's buffer, as a VLAN device does; the last counts what comes so far.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include "tests/bpf/vlan_push.h"

SEC("tc")
int on_egress(struct __sk_buff *skb)
{
	if (skb->protocol == bpf_htons(VLAN_PUSH_TYPE))
		bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), VLAN_PUSH_ID);
	return TC_ACT_UNSPEC;
}

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} frames SEC(".maps");

SEC("tc")
int behind(struct __sk_buff *skb)
{
	__u32 zero = 0;
	__u64 *count = bpf_map_lookup_elem(&frames, &zero);

	if (count)
		__sync_fetch_and_add(count, 1);
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "GPL";
