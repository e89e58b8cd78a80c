// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * The second version of packets-v1.bpf.c. Its record has other fields in another order, which a
 * reload may change at will, since each generation has a ring of its own. `totals` must stay what
 * it is, since the first version's counts live on in it.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <stddef.h>

#include "bpf/ebpfd.bpf.h" /* outside this tree: <ebpfd/ebpfd.bpf.h> */
#include "bpf/examples/packet.h"

struct packet_event {
	struct ebpfd_record ebpfd;
	__u32 version;
	__u32 interface;
	__u32 queue;
	__u16 length;
	__u8 source[ETH_ALEN];
	__u8 destination[ETH_ALEN];
	__u64 sequence;
};

struct total {
	__u64 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct total);
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} events SEC(".maps");

/* New: packets by receive queue. Private to the generation, so it begins at zero. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} queues SEC(".maps");

static __always_inline void count(__u32 length, __u32 queue)
{
	__u32 zero = 0;
	struct total *total = bpf_map_lookup_elem(&totals, &zero);
	__u64 *packets = bpf_map_lookup_elem(&queues, &queue);

	if (packets)
		__sync_fetch_and_add(packets, 1);
	if (!total)
		return;
	__sync_fetch_and_add(&total->packets, 1);
	__sync_fetch_and_add(&total->bytes, length);
}

static __always_inline void fill(struct packet_event *event, struct xdp_md *ctx,
				 const struct packet_payload *payload)
{
	const struct ethhdr *header = (const struct ethhdr *)payload - 1;

	event->version = 2;
	event->interface = ctx->ingress_ifindex;
	event->queue = ctx->rx_queue_index;
	event->length = ctx->data_end - ctx->data;
	__builtin_memcpy(event->source, header->h_source, ETH_ALEN);
	__builtin_memcpy(event->destination, header->h_dest, ETH_ALEN);
	event->sequence = payload->sequence;
}

SEC("xdp")
int EBPFD_PROG(on_packet, struct xdp_md *ctx)
{
	struct packet_payload *payload = packet_payload_of(ctx);
	struct packet_event *event;

	if (!payload)
		return XDP_PASS;
	count(ctx->data_end - ctx->data, ctx->rx_queue_index);
	event = EBPFD_RESERVE(&events, struct packet_event, 0);
	if (event) {
		fill(event, ctx, payload);
		ebpfd_submit(event);
	}
	return XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
