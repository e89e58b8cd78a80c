// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * For a router's outer interface: drops packets from addresses of a list, and those of a source
 * that sends more than it may. With count_only it counts the same and drops nothing.
 *
 * What it cannot read it lets pass: the kernel's own stack knows better what to do with it.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <stdbool.h>
#include <stddef.h>

#include "bpf/ebpfd.bpf.h" /* outside this tree: <ebpfd/ebpfd.bpf.h> */
#include "bpf/units/address.h"

/* Packets that a source may send in each window of time; 0: as many as it likes. */
const volatile __u64 packets_per_window = 1000;
const volatile __u32 window_ms = 1000;

const volatile bool count_only = false;

/* Shown by these names. */
enum reason { BLOCKED, LIMITED };

/* One for each source and window, at its first packet that is dropped. */
struct guard_event {
	struct ebpfd_record ebpfd;
	enum reason reason;
	__u32 interface;
	__u8 source[16];
	__u64 packets; /* of the source in this window so far */
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

/* The lists. A value is the number of packets that the entry has caught. */
struct network4 {
	__u32 prefix;
	__u8 address[4];
};

struct network6 {
	__u32 prefix;
	__u8 address[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct network4);
	__type(value, __u64);
} blocked4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct network6);
	__type(value, __u64);
} blocked6 SEC(".maps");

struct source {
	__u64 window; /* that `packets` and `told` are of */
	__u64 packets;
	__u64 told;    /* 1: there has been an event */
	__u64 dropped; /* in all windows, of those over the limit */
};

/* LRU: a flood of forged sources pushes out the ones that are quiet. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct address);
	__type(value, struct source);
} sources SEC(".maps");

/* Each packet is in one of them. */
struct guard_total {
	__u64 passed;
	__u64 blocked;
	__u64 limited;
	__u64 other;	 /* passed: neither IPv4 nor IPv6 */
	__u64 malformed; /* passed: its header is cut short, or of another version */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct guard_total);
} total SEC(".maps");

/* What was found of a packet. */
struct packet {
	struct address source;
	__u64 *caught; /* of the entry that blocks it; NULL: none */
};

enum parsed { IP, OTHER, MALFORMED };

/* Tags that a frame may have one behind the other. */
#define TAGS_MAX 2

struct tag {
	__be16 identifier;
	__be16 protocol;
};

static __always_inline bool is_tag(__be16 protocol)
{
	return protocol == bpf_htons(ETH_P_8021Q) || protocol == bpf_htons(ETH_P_8021AD);
}

static __always_inline enum parsed parse_ip4(const struct iphdr *header, const void *end,
					     struct packet *packet)
{
	struct network4 network = {.prefix = 32};

	if ((const void *)(header + 1) > end || header->version != 4 || header->ihl < 5)
		return MALFORMED;
	address_from_ip4(packet->source.bytes, &header->saddr);
	__builtin_memcpy(network.address, &header->saddr, sizeof(network.address));
	packet->caught = bpf_map_lookup_elem(&blocked4, &network);
	return IP;
}

static __always_inline enum parsed parse_ip6(const struct ipv6hdr *header, const void *end,
					     struct packet *packet)
{
	struct network6 network = {.prefix = 128};

	if ((const void *)(header + 1) > end || header->version != 6)
		return MALFORMED;
	__builtin_memcpy(packet->source.bytes, &header->saddr, sizeof(packet->source.bytes));
	__builtin_memcpy(network.address, &header->saddr, sizeof(network.address));
	packet->caught = bpf_map_lookup_elem(&blocked6, &network);
	return IP;
}

/* The source stands in the first header: fragments, options and extensions make no difference. */
static __always_inline enum parsed parse(struct xdp_md *ctx, struct packet *packet)
{
	const void *end = (void *)(long)ctx->data_end;
	const struct ethhdr *frame = (void *)(long)ctx->data;
	const struct tag *next = (const void *)(frame + 1);
	__be16 protocol;

	if ((const void *)next > end)
		return MALFORMED;
	protocol = frame->h_proto;
	for (int i = 0; i < TAGS_MAX && is_tag(protocol); i++) {
		if ((const void *)(next + 1) > end)
			return MALFORMED;
		protocol = next->protocol;
		next++;
	}
	if (protocol == bpf_htons(ETH_P_IP))
		return parse_ip4((const void *)next, end, packet);
	if (protocol == bpf_htons(ETH_P_IPV6))
		return parse_ip6((const void *)next, end, packet);
	return OTHER;
}

static __always_inline struct source *source_of(const struct address *address)
{
	struct source new = {}, *source = bpf_map_lookup_elem(&sources, address);

	if (source)
		return source;
	/* That another CPU was faster is as good. */
	bpf_map_update_elem(&sources, address, &new, BPF_NOEXIST);
	return bpf_map_lookup_elem(&sources, address);
}

/*
 * The number of this packet in the source's window. Where a source's packets come to several CPUs
 * at once, those at the turn of a window may be counted in the one before.
 */
static __always_inline __u64 count_packet(struct source *source)
{
	__u64 window = bpf_ktime_get_ns() / 1000000 / (window_ms ?: 1);

	if (source->window != window) {
		source->window = window;
		source->packets = 0;
		source->told = 0;
	}
	__sync_fetch_and_add(&source->packets, 1);
	return source->packets;
}

static __always_inline void report(struct xdp_md *ctx, const struct address *address,
				   enum reason reason, __u64 packets, __u16 ebpfd_hook)
{
	struct guard_event *event = EBPFD_RESERVE(&events, struct guard_event, 0);

	if (!event)
		return;
	event->reason = reason;
	event->interface = ctx->ingress_ifindex;
	__builtin_memcpy(event->source, address->bytes, sizeof(event->source));
	event->packets = packets;
	ebpfd_submit(event);
}

static __always_inline bool is_dropped(struct xdp_md *ctx, const struct packet *packet,
				       struct guard_total *sum, __u16 ebpfd_hook)
{
	struct source *source = source_of(&packet->source);
	__u64 packets = source ? count_packet(source) : 0;

	if (packet->caught) {
		EBPFD_COUNT(packet->caught);
		EBPFD_COUNT(&sum->blocked);
	} else if (source && packets_per_window && packets > packets_per_window) {
		EBPFD_COUNT(&source->dropped);
		EBPFD_COUNT(&sum->limited);
	} else {
		EBPFD_COUNT(&sum->passed);
		return false;
	}
	if (source && !source->told) {
		source->told = 1;
		report(ctx, &packet->source, packet->caught ? BLOCKED : LIMITED, packets,
		       ebpfd_hook);
	}
	return true;
}

SEC("xdp")
int EBPFD_PROG(on_packet, struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct guard_total *sum = bpf_map_lookup_elem(&total, &zero);
	struct packet packet = {};
	enum parsed parsed;

	if (!sum)
		return XDP_PASS;
	parsed = parse(ctx, &packet);
	if (parsed == OTHER)
		EBPFD_COUNT(&sum->other);
	else if (parsed == MALFORMED)
		EBPFD_COUNT(&sum->malformed);
	else if (is_dropped(ctx, &packet, sum, ebpfd_hook) && !count_only)
		return XDP_DROP;
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
