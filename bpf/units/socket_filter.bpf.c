// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * The headers of TCP packets to some ports, over IPv4, as a packet socket of an interface sees
 * them: copied into the ring with what was made of them. The socket itself gets nothing, for the
 * verdict says how many bytes wait there.
 *
 * The daemon decodes each copy once more before it delivers it (Check=tcp4 in the unit file).
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <stdbool.h>
#include <stddef.h>

#include "bpf/ebpfd.bpf.h" /* outside this tree: <ebpfd/ebpfd.bpf.h> */

#define NOTHING_WAITS 0

/* Ports whose headers are copied, unless the map says otherwise; 0: none. */
const volatile __u16 port_1 = 80;
const volatile __u16 port_2 = 443;

/* Longer packets are left out: bytes from the IPv4 header on. */
const volatile __u16 length_max = 1500;

/* Both headers, with all their options. */
#define HEADERS_MAX 120

struct tcp_header {
	struct ebpfd_record ebpfd;
	__u32 interface;
	__u16 vlan;   /* id of the outermost tag; 0: none, or one that is for priority alone */
	__u16 length; /* of the packet, from the IPv4 header on */
	__u8 source[4];
	__u8 destination[4];
	__be16 source_port;
	__be16 destination_port;
	__u8 header[HEADERS_MAX]; /* IPv4 and TCP, and zeroes */
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1024 * 1024);
} headers SEC(".maps");

/* Whether headers to a port are copied. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u16);
	__type(value, bool);
} ports SEC(".maps");

/* Each packet is in one of them. */
struct filter_total {
	__u64 copied;
	__u64 no_room; /* would have been, but the ring was full */
	__u64 other;   /* no TCP over IPv4, a fragment without its header, or of another port */
	__u64 too_long;
	__u64 malformed; /* ends within its headers, or they contradict each other */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct filter_total);
} total SEC(".maps");

/* Tags that a frame may have one behind the other. */
#define TAGS_MAX 3

#define TAG_ID	  0x0fff
#define NOT_FIRST 0x1fff

/* What was found of a packet. */
struct packet {
	__u32 offset; /* of the IPv4 header */
	__u16 vlan;
	__u32 headers; /* length of both */
	struct iphdr ip;
	struct tcphdr tcp;
};

enum parsed { WANTED, OTHER, TOO_LONG, MALFORMED };

static __always_inline bool is_tag(__be16 protocol)
{
	return protocol == bpf_htons(ETH_P_8021Q) || protocol == bpf_htons(ETH_P_8021AD);
}

/*
 * Goes over tags to the IPv4 header. The outermost tag may be in the buffer's metadata, where the
 * frame does not have it any more.
 */
static __always_inline enum parsed parse_link(struct __sk_buff *skb, struct packet *packet)
{
	struct {
		__be16 control, protocol;
	} tag;
	__be16 protocol;

	if (bpf_skb_load_bytes(skb, offsetof(struct ethhdr, h_proto), &protocol, sizeof(protocol)))
		return MALFORMED;
	packet->offset = sizeof(struct ethhdr);
	packet->vlan = skb->vlan_present ? skb->vlan_tci & TAG_ID : 0;
	for (int i = 0; i < TAGS_MAX && is_tag(protocol); i++) {
		if (bpf_skb_load_bytes(skb, packet->offset, &tag, sizeof(tag)))
			return MALFORMED;
		if (i == 0 && !skb->vlan_present)
			packet->vlan = bpf_ntohs(tag.control) & TAG_ID;
		protocol = tag.protocol;
		packet->offset += sizeof(tag);
	}
	return protocol == bpf_htons(ETH_P_IP) ? WANTED : OTHER;
}

static __always_inline bool is_wanted_port(__u16 port)
{
	bool *wanted = bpf_map_lookup_elem(&ports, &port);

	if (wanted)
		return *wanted;
	return port && (port == port_1 || port == port_2);
}

static __always_inline enum parsed parse_headers(struct __sk_buff *skb, struct packet *packet)
{
	__u32 ip_length, tcp_length;

	if (bpf_skb_load_bytes(skb, packet->offset, &packet->ip, sizeof(packet->ip)))
		return MALFORMED;
	ip_length = packet->ip.ihl * 4;
	if (packet->ip.version != 4 || ip_length < sizeof(packet->ip))
		return MALFORMED;
	if (packet->ip.protocol != IPPROTO_TCP || packet->ip.frag_off & bpf_htons(NOT_FIRST))
		return OTHER;
	if (bpf_skb_load_bytes(skb, packet->offset + ip_length, &packet->tcp, sizeof(packet->tcp)))
		return MALFORMED;
	if (!is_wanted_port(bpf_ntohs(packet->tcp.dest)))
		return OTHER;
	tcp_length = packet->tcp.doff * 4;
	packet->headers = ip_length + tcp_length;
	if (tcp_length < sizeof(packet->tcp) || packet->headers > bpf_ntohs(packet->ip.tot_len))
		return MALFORMED;
	return bpf_ntohs(packet->ip.tot_len) > length_max ? TOO_LONG : WANTED;
}

/* False: the packet ends within its options. */
static __always_inline bool fill(struct tcp_header *record, struct __sk_buff *skb,
				 const struct packet *packet)
{
	__u32 length = packet->headers;

	/* Once more for the verifier, out of the compiler's sight, which would drop it. */
	__asm__ volatile("" : "+r"(length));
	if (length < 1 || length > HEADERS_MAX)
		return false;
	__builtin_memset(record->header, 0, sizeof(record->header));
	if (bpf_skb_load_bytes(skb, packet->offset, record->header, length))
		return false;
	record->interface = skb->ifindex;
	record->vlan = packet->vlan;
	record->length = bpf_ntohs(packet->ip.tot_len);
	__builtin_memcpy(record->source, &packet->ip.saddr, sizeof(record->source));
	__builtin_memcpy(record->destination, &packet->ip.daddr, sizeof(record->destination));
	record->source_port = packet->tcp.source;
	record->destination_port = packet->tcp.dest;
	return true;
}

static __always_inline void copy(struct __sk_buff *skb, const struct packet *packet,
				 struct filter_total *sum, __u16 ebpfd_hook)
{
	struct tcp_header *record = EBPFD_RESERVE(&headers, struct tcp_header, 0);

	if (!record) {
		EBPFD_COUNT(&sum->no_room);
	} else if (fill(record, skb, packet)) {
		EBPFD_COUNT(&sum->copied);
		ebpfd_submit(record);
	} else {
		EBPFD_COUNT(&sum->malformed);
		ebpfd_discard(record);
	}
}

SEC("socket")
int EBPFD_PROG(on_packet, struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct filter_total *sum = bpf_map_lookup_elem(&total, &zero);
	struct packet packet = {};
	enum parsed parsed;

	if (!sum)
		return NOTHING_WAITS;
	parsed = parse_link(skb, &packet);
	if (parsed == WANTED)
		parsed = parse_headers(skb, &packet);
	if (parsed == WANTED)
		copy(skb, &packet, sum, ebpfd_hook);
	else if (parsed == TOO_LONG)
		EBPFD_COUNT(&sum->too_long);
	else if (parsed == MALFORMED)
		EBPFD_COUNT(&sum->malformed);
	else
		EBPFD_COUNT(&sum->other);
	return NOTHING_WAITS;
}

char _license[] SEC("license") = "GPL";
