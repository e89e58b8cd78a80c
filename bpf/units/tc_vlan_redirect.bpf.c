// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * Frames with an 802.1Q tag that are about to leave by an interface go to another one instead, as
 * if they had arrived there; all others pass. The tag may be in the frame, or in the metadata of
 * the kernel's buffer, where it is until the frame leaves.
 *
 * Where the other interface is gone, and of those that are too large for it, frames pass, so that
 * nothing vanishes unseen.
 */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>
#include <stddef.h>

#include "bpf/ebpfd.bpf.h" /* outside this tree: <ebpfd/ebpfd.bpf.h> */

/* The index of the interface that tagged frames go to. */
const volatile __u32 redirect_to = 0;

struct redirect_total {
	__u64 passed;
	__u64 in_frame;	   /* redirected: the tag was in the frame */
	__u64 in_metadata; /* redirected: the tag was in the buffer's metadata */
	__u64 kept;	   /* passed in spite of a tag: the other interface is gone or too small */
	__u64 bytes;	   /* of what was redirected */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct redirect_total);
} total SEC(".maps");

static __always_inline bool is_tag(__be16 protocol)
{
	return protocol == bpf_htons(ETH_P_8021Q) || protocol == bpf_htons(ETH_P_8021AD);
}

static __always_inline bool has_tag_in_frame(struct __sk_buff *skb)
{
	__be16 protocol;

	return !bpf_skb_load_bytes(skb, offsetof(struct ethhdr, h_proto), &protocol,
				   sizeof(protocol)) &&
	       is_tag(protocol);
}

#define TAG_LENGTH 4

/*
 * A redirection to an interface that is gone, or takes no frames of that length, loses the frame,
 * so that is asked first; an interface takes its MTU and a tag. Kernels before 5.12 cannot be
 * asked; they have no tcx either, and at the hook of tc a copy can be sent, which tells how it
 * went, and the frame itself be taken away.
 */
static __always_inline int redirect(struct __sk_buff *skb)
{
	__u32 mtu = 0;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_check_mtu)) {
		if (bpf_check_mtu(skb, redirect_to, &mtu, -TAG_LENGTH, 0))
			return TC_ACT_UNSPEC;
		return bpf_redirect(redirect_to, BPF_F_INGRESS);
	}
	if (bpf_clone_redirect(skb, redirect_to, BPF_F_INGRESS))
		return TC_ACT_UNSPEC;
	return TC_ACT_STOLEN;
}

/* What passes may still be stopped by who comes behind. */
SEC("tc")
int EBPFD_PROG(on_egress, struct __sk_buff *skb)
{
	__u32 zero = 0, length = skb->len;
	struct redirect_total *sum = bpf_map_lookup_elem(&total, &zero);
	bool in_metadata = skb->vlan_present;
	int verdict;

	if (!sum)
		return TC_ACT_UNSPEC;
	if (!in_metadata && !has_tag_in_frame(skb)) {
		EBPFD_COUNT(&sum->passed);
		return TC_ACT_UNSPEC;
	}
	verdict = redirect(skb);
	if (verdict == TC_ACT_UNSPEC) {
		EBPFD_COUNT(&sum->kept);
		return verdict;
	}
	EBPFD_COUNT(in_metadata ? &sum->in_metadata : &sum->in_frame);
	__sync_fetch_and_add(&sum->bytes, length);
	return verdict;
}

char _license[] SEC("license") = "GPL";
