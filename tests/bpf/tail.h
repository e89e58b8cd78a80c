/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An XDP program with an array of programs of its own, through which it calls a second one. VERSION
 * is 1 or 2. The kept map `calls` outlives generations: [0] counts calls that found no program,
 * [3 * VERSION + CALLED] those by way of this version's caller into the program of version CALLED.
 */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 9);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} calls SEC(".maps");

/* Who called: a caller and what it calls run on one CPU, one after the other. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} caller SEC(".maps");

static __always_inline void count(__u32 index)
{
	__u64 *value = bpf_map_lookup_elem(&calls, &index);

	if (value)
		__sync_fetch_and_add(value, 1);
}

SEC("xdp")
int called(struct xdp_md *ctx)
{
	__u32 zero = 0, *version = bpf_map_lookup_elem(&caller, &zero);

	(void)ctx;
	if (version)
		count(3 * *version + VERSION);
	return XDP_DROP;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} own SEC(".maps") = {.values = {[0] = (void *)&called}};

SEC("xdp")
int on_packet(struct xdp_md *ctx)
{
	__u32 zero = 0, *version = bpf_map_lookup_elem(&caller, &zero);

	if (!version)
		return XDP_ABORTED;
	*version = VERSION;
	bpf_tail_call(ctx, &own, 0);
	count(0);
	return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
