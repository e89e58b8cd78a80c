/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kept maps that are not made as the object says: libbpf rounds the size of a ring and counts the
 * CPUs, the kernel sets a flag of its own on a map of devices. RING_SIZE is the ring's.
 */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_SIZE);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 4);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} devices SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} output SEC(".maps");

SEC("xdp")
int on_packet(struct xdp_md *ctx)
{
	__u32 index = ctx->ingress_ifindex;

	bpf_ringbuf_output(&ring, &index, sizeof(index), 0);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
