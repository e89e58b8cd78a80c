// SPDX-License-Identifier: GPL-2.0-or-later
/* Gives frames of one sort a VLAN tag, in the metadata of the kernel's buffer, as a VLAN device
 * does. */
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

char _license[] SEC("license") = "GPL";
