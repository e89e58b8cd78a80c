// SPDX-License-Identifier: GPL-2.0-or-later
/* A map of each kind that ebpfctl map can show, for an XDP program that does nothing with them. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "tests/bpf/maps.h"

#define MAP(name, kind, count, key_type, value_type) \
	struct {                                     \
		__uint(type, kind);                  \
		__uint(max_entries, count);          \
		__type(key, key_type);               \
		__type(value, value_type);           \
	} name SEC(".maps")

MAP(hash, BPF_MAP_TYPE_HASH, 64, struct peer, struct all);
MAP(numbers, BPF_MAP_TYPE_HASH, 4, __u32, __u64);
MAP(array, BPF_MAP_TYPE_ARRAY, 4, __u32, __s16);
MAP(lru, BPF_MAP_TYPE_LRU_HASH, 64, __u64, enum level);
MAP(cpu_hash, BPF_MAP_TYPE_PERCPU_HASH, 16, __u32, struct counts);
MAP(cpu_array, BPF_MAP_TYPE_PERCPU_ARRAY, 2, __u32, __u32);
MAP(cpu_seen, BPF_MAP_TYPE_PERCPU_ARRAY, 1, __u32, struct seen);
MAP(lru_cpu, BPF_MAP_TYPE_LRU_PERCPU_HASH, 64, __u32, __u64);

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 64);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, __u8);
} prefixes SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
};

struct inner first SEC(".maps");
struct inner second SEC(".maps");

/* As first, but without types. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} plain SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, struct peer);
	__array(values, struct inner);
} named SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 3);
	__type(key, __u32);
	__array(values, struct inner);
} slots SEC(".maps") = {.values = {&first}};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__uint(key_size, 3);
	__uint(value_size, 5);
} untyped SEC(".maps");

/* More than one batch, and enough to be on the way for a while. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1000000);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u64);
} large SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 4);
	__uint(value_size, 4);
} stack SEC(".maps");

volatile const __u32 limit = 7;
__u64 total;

/* Calls are not left out, even if nobody looks at what they return. */
#define USE(map, key) ((void)bpf_map_lookup_elem(&map, &key))

SEC("xdp")
int on_packet(struct xdp_md *ctx)
{
	struct peer peer = {};
	struct prefix prefix = {.length = 32};
	__u64 wide = 0;
	__u32 key = ctx->rx_queue_index;

	USE(hash, peer), USE(named, peer), USE(lru, wide), USE(prefixes, prefix);
	USE(numbers, key), USE(array, key), USE(cpu_hash, key), USE(cpu_array, key);
	USE(cpu_seen, key), USE(lru_cpu, key), USE(slots, key), USE(untyped, key);
	USE(large, key), USE(first, key), USE(second, key);
	bpf_ringbuf_output(&ring, &wide, sizeof(wide), 0);
	bpf_map_push_elem(&stack, &key, 0);
	if (limit)
		total++;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
