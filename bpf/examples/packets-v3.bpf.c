// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * A version that cannot follow packets-v1.bpf.c and packets-v2.bpf.c: a member was put into
 * `totals`, which is kept. `ebpfctl plan` and `ebpfctl reload` say so, and touch nothing.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bpf/ebpfd.bpf.h" /* outside this tree: <ebpfd/ebpfd.bpf.h> */
#include "bpf/examples/packet.h"

struct packet_event {
	struct ebpfd_record ebpfd;
	__u32 version;
	__u32 length;
	__u64 sequence;
};

struct total {
	__u64 packets;
	__u64 unreported;
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

static __always_inline void count(__u32 length, int reported)
{
	__u32 zero = 0;
	struct total *total = bpf_map_lookup_elem(&totals, &zero);

	if (!total)
		return;
	__sync_fetch_and_add(&total->packets, 1);
	__sync_fetch_and_add(&total->unreported, !reported);
	__sync_fetch_and_add(&total->bytes, length);
}

SEC("xdp")
int EBPFD_PROG(on_packet, struct xdp_md *ctx)
{
	struct packet_payload *payload = packet_payload_of(ctx);
	__u32 length = ctx->data_end - ctx->data;
	struct packet_event *event;

	if (!payload)
		return XDP_PASS;
	event = EBPFD_RESERVE(&events, struct packet_event, 0);
	count(length, event != NULL);
	if (event) {
		event->version = 3;
		event->length = length;
		event->sequence = payload->sequence;
		ebpfd_submit(event);
	}
	return XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
