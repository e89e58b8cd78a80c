/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the benchmark of reloads loads: VERSION is 1 or 2. One program at a hook whose link the
 * kernel updates, one at a hook that needs an entry, and a ring of 16 MiB.
 */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bpf/ebpfd.bpf.h"
#include "bpf/examples/packet.h"
#include "tests/bench/rename.h"

struct swap_event {
	struct ebpfd_record ebpfd;
#if VERSION == 1
	__u64 sequence;
	__u32 version;
#else
	__u32 version;
	__u64 sequence;
#endif
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 * 1024 * 1024);
} events SEC(".maps");

static __always_inline void report(__u64 sequence, __u16 ebpfd_hook)
{
	struct swap_event *event = EBPFD_RESERVE(&events, struct swap_event, 0);

	if (!event)
		return;
	event->sequence = sequence;
	event->version = VERSION;
	ebpfd_submit(event);
}

SEC("xdp")
int EBPFD_PROG(on_packet, struct xdp_md *ctx)
{
	struct packet_payload *payload = packet_payload_of(ctx);

	if (!payload)
		return XDP_PASS;
	report(payload->sequence, ebpfd_hook);
	return XDP_DROP;
}

SEC("raw_tp/task_rename")
int EBPFD_PROG(on_rename, struct bpf_raw_tracepoint_args *ctx)
{
	unsigned char name[RENAME_LENGTH];

	if (bpf_probe_read_kernel(name, sizeof(name), (void *)ctx->args[1]) < 0 ||
	    name[0] != RENAME_MAGIC)
		return 0;
	report(rename_number(name), ebpfd_hook);
	return 0;
}

char _license[] SEC("license") = "GPL";
