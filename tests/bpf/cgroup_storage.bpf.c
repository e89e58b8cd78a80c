// SPDX-License-Identifier: GPL-2.0-or-later
/* Counts what a cgroup sends in data that the kernel keeps for each cgroup where it is attached. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_STORAGE);
	__type(key, struct bpf_cgroup_storage_key);
	__type(value, __u64);
} sent SEC(".maps");

SEC("cgroup_skb/egress")
int on_event(struct __sk_buff *skb)
{
	__u64 *bytes = bpf_get_local_storage(&sent, 0);

	__sync_fetch_and_add(bytes, skb->len);
	return 1;
}

char _license[] SEC("license") = "GPL";
