// SPDX-License-Identifier: GPL-2.0-or-later
/* Copies headers as bpf/units/socket_filter.bpf.c does, and says the wrong thing of those to one
 * port. */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include "bpf/ebpfd.bpf.h"
#include "tests/bpf/lying.h"

struct tcp_header {
	struct ebpfd_record ebpfd;
	__u16 length;
	__be16 source_port;
	__be16 destination_port;
	__u8 source[4];
	__u8 destination[4];
	__u8 header[120];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1024 * 1024);
} headers SEC(".maps");

struct segment {
	struct ethhdr link;
	struct iphdr ip; /* without options */
	struct tcphdr tcp;
} __attribute__((packed));

SEC("xdp")
int EBPFD_PROG(on_packet, struct xdp_md *ctx)
{
	const struct segment *segment = (void *)(long)ctx->data;
	struct tcp_header *record;

	if ((const void *)(segment + 1) > (void *)(long)ctx->data_end)
		return XDP_PASS;
	record = EBPFD_RESERVE(&headers, struct tcp_header, 0);
	if (!record)
		return XDP_PASS;
	__builtin_memset(record->header, 0, sizeof(record->header));
	__builtin_memcpy(record->header, &segment->ip, sizeof(segment->ip) + sizeof(segment->tcp));
	record->length = bpf_ntohs(segment->ip.tot_len);
	__builtin_memcpy(record->source, &segment->ip.saddr, sizeof(record->source));
	__builtin_memcpy(record->destination, &segment->ip.daddr, sizeof(record->destination));
	record->source_port = segment->tcp.source;
	record->destination_port = segment->tcp.dest;
	if (segment->tcp.dest == bpf_htons(LYING_PORT))
		record->destination_port ^= 1;
	ebpfd_submit(record);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
