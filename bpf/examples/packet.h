/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The packets that the examples look for: Ethernet frames of a type that is reserved for local
 * experiments, whose payload begins with a number that the generator counts up. Shared by the
 * examples and by whoever sends the packets.
 */
#pragma once

#define PACKET_TYPE 0x88B5 /* IEEE 802, local experimental EtherType 1 */

/* In host byte order: both ends are on this machine. */
struct packet_payload {
	__u64 sequence;
} __attribute__((packed));

#ifdef __bpf__
#include <bpf/bpf_endian.h>
#include <linux/if_ether.h>

/* The payload, or NULL for every packet that is not of ours. */
static __always_inline struct packet_payload *packet_payload_of(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *header = (void *)(long)ctx->data;
	struct packet_payload *payload = (void *)(header + 1);

	if ((void *)(payload + 1) > end || header->h_proto != bpf_htons(PACKET_TYPE))
		return NULL;
	return payload;
}
#endif
