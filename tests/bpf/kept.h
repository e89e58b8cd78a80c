/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An XDP program with a map `flows` that is to be kept. Each kept_*.bpf.c beside it is one version:
 * it sets what differs from the first.
 */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#ifndef FLOWS_TYPE
#define FLOWS_TYPE BPF_MAP_TYPE_HASH
#endif
#ifndef FLOWS_KEY
#define FLOWS_KEY __u32
#endif
#ifndef FLOWS_VALUE
#define FLOWS_VALUE    \
	__u64 packets; \
	__u64 bytes
#endif
#ifndef FLOWS_ENTRIES
#define FLOWS_ENTRIES 1024
#endif
#ifndef FLOWS_FLAGS
#define FLOWS_FLAGS 0
#endif

struct flow {
	FLOWS_VALUE;
};

struct {
	__uint(type, FLOWS_TYPE);
	__uint(max_entries, FLOWS_ENTRIES);
	__uint(map_flags, FLOWS_FLAGS);
	__type(key, FLOWS_KEY);
	__type(value, struct flow);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} flows SEC(".maps");

/* One flow per interface: what keeps the map's contents apart does not matter here. */
SEC("xdp")
int on_packet(struct xdp_md *ctx)
{
	FLOWS_KEY key = ctx->ingress_ifindex;
	struct flow *flow = bpf_map_lookup_elem(&flows, &key), fresh = {};

	if (!flow) {
		bpf_map_update_elem(&flows, &key, &fresh, BPF_NOEXIST);
		flow = bpf_map_lookup_elem(&flows, &key);
	}
	if (!flow)
		return XDP_PASS;
	__sync_fetch_and_add(&flow->packets, 1);
	__sync_fetch_and_add(&flow->bytes, ctx->data_end - ctx->data);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
