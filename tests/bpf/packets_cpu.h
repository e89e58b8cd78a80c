/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports packets as the example does, to a ring per CPU. The files beside it set VERSION. */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <stddef.h>

#include "bpf/ebpfd.bpf.h"
#include "bpf/examples/packet.h"

struct packet_event {
	struct ebpfd_record ebpfd;
	__u64 sequence;
	__u32 version;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_RINGBUF);
			__uint(max_entries, 1024 * 1024);
		});
} events SEC(".maps");

SEC("xdp")
int EBPFD_PROG(on_packet, struct xdp_md *ctx)
{
	struct packet_payload *payload = packet_payload_of(ctx);
	struct packet_event *event;

	if (!payload)
		return XDP_PASS;
	event = EBPFD_RESERVE_ON_CPU(&events, struct packet_event, 0);
	if (!event)
		return XDP_DROP;
	event->sequence = payload->sequence;
	event->version = VERSION;
	ebpfd_submit(event);
	return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
