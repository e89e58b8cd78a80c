// SPDX-License-Identifier: GPL-2.0-or-later
/* A map of each kind that metrics are made of, filled by whoever tests. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct flow {
	__u32 source;
	__u16 port;
	char command[10];
};

struct traffic {
	__u64 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct flow);
	__type(value, struct traffic);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u32);
} numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u64);
} groups SEC(".maps");

struct latency {
	__u64 sum_ns;
	__u64 slots[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct latency);
} latency SEC(".maps");

/* A histogram with an entry for each bucket. */
struct slot {
	__u32 queue;
	__u32 bucket;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct slot);
	__type(value, __u64);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

SEC("xdp")
int on_packet(struct xdp_md *ctx)
{
	const __u32 key = ctx->ingress_ifindex;
	struct latency *slot = bpf_map_lookup_elem(&latency, &key);
	const struct flow flow = {};
	const struct slot bucket = {};
	const __u64 group = 0;
	void *record = bpf_ringbuf_reserve(&ring, 8, 0);

	if (record)
		bpf_ringbuf_discard(record, 0);
	(void)bpf_map_lookup_elem(&flows, &flow);
	(void)bpf_map_lookup_elem(&numbers, &key);
	(void)bpf_map_lookup_elem(&groups, &group);
	(void)bpf_map_lookup_elem(&slots, &bucket);
	return slot ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
