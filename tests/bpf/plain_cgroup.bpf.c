// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An object that knows nothing of ebpfd: counts what a cgroup sends, and refuses its connections to
 * one port.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* Set before load; 0: none. */
const volatile __u16 refused_port = 0;

enum { PACKETS, BYTES, CONNECTS, REFUSED, COUNTERS };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

static __always_inline void count(__u32 counter, __u64 by)
{
	__u64 *value = bpf_map_lookup_elem(&counters, &counter);

	if (value)
		__sync_fetch_and_add(value, by);
}

SEC("cgroup_skb/egress")
int on_egress(struct __sk_buff *skb)
{
	count(PACKETS, 1);
	count(BYTES, skb->len);
	return 1;
}

SEC("cgroup/connect4")
int on_connect4(struct bpf_sock_addr *address)
{
	count(CONNECTS, 1);
	if (!refused_port || address->user_port != bpf_htons(refused_port))
		return 1;
	count(REFUSED, 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
