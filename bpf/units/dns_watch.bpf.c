// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * Names that are asked of DNS servers over UDP, and how long the answers take.
 *
 * At the hooks of a cgroup, for packets there are whole and belong to a socket: on their way out
 * before they are cut into fragments, on their way in when they have been put together again. One
 * pair of hooks sees all interfaces, the loopback's resolver too, and no packets of others that an
 * interface hears. A question and its answer are matched by socket and number, so that only who was
 * asked can answer. Questions that wait are in a kept map: their answers may come after a reload.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <stdbool.h>
#include <stddef.h>

#include "bpf/ebpfd.bpf.h" /* outside this tree: <ebpfd/ebpfd.bpf.h> */
#include "bpf/units/address.h"

const volatile __u16 server_port = 53;

#define PASS 1

/* RFC 1035, 4.1.1. */
struct dns_header {
	__be16 id;
	__be16 flags;
	__be16 questions;
	__be16 answers;
	__be16 authorities;
	__be16 additional;
};

#define DNS_IS_ANSWER 0x8000
#define DNS_RCODE     0x000f

#define NAME_MAX  255 /* bytes of a name on the wire, RFC 1035, 2.3.4 */
#define LABEL_MAX 63

/* Shown by these names, and others by their number. */
enum dns_type {
	A = 1,
	NS = 2,
	CNAME = 5,
	SOA = 6,
	PTR = 12,
	MX = 15,
	TXT = 16,
	AAAA = 28,
	SRV = 33,
	DS = 43,
	DNSKEY = 48,
	SVCB = 64,
	HTTPS = 65,
	ANY = 255,
};

enum dns_rcode {
	NOERROR,
	FORMERR,
	SERVFAIL,
	NXDOMAIN,
	NOTIMP,
	REFUSED,
};

/* In the order of Record= in the unit file. */
enum { DNS_QUERY, DNS_ANSWER };

struct dns_query {
	struct ebpfd_record ebpfd;
	__u64 cgroup;
	__u8 server[16];
	__u16 id;
	enum dns_type qtype;
	char name[NAME_MAX + 1];
};

struct dns_answer {
	struct ebpfd_record ebpfd;
	__u64 cgroup;
	__u64 took_ns; /* since the question was asked, the last time if several */
	__u8 server[16];
	__u16 id;
	__u16 answers;
	enum dns_rcode rcode;
	enum dns_type qtype;
	char name[NAME_MAX + 1];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1024 * 1024);
} events SEC(".maps");

struct question {
	__u64 socket; /* its cookie */
	__u32 id;
	__u32 unused;
};

/* When they were asked. LRU: those that nobody answers are not there for ever. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct question);
	__type(value, __u64);
} waiting SEC(".maps");

struct dns_total {
	__u64 queries;
	__u64 answers;
	__u64 unasked;	 /* answers to nothing that waits */
	__u64 malformed; /* packets of that port that are no query or answer of one question */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dns_total);
} total SEC(".maps");

/* What was found of a packet; offsets from its IP header. */
struct packet {
	__u8 source[16];
	__u8 destination[16];
	__u32 offset;
	__u8 protocol;
	__u16 source_port;
	__u16 destination_port;
	struct dns_header dns;
};

static __always_inline bool parse_ip4(struct __sk_buff *skb, struct packet *packet)
{
	struct iphdr header;

	if (bpf_skb_load_bytes(skb, 0, &header, sizeof(header)) || header.ihl < 5)
		return false;
	/* A fragment that is not the first: no packet at this hook, but nothing of ours either. */
	if (header.frag_off & bpf_htons(0x1fff))
		return false;
	address_from_ip4(packet->source, &header.saddr);
	address_from_ip4(packet->destination, &header.daddr);
	packet->protocol = header.protocol;
	packet->offset = header.ihl * 4;
	return true;
}

/* Headers between IPv6 and UDP; more than these nobody sends. */
#define EXTENSIONS_MAX 6

/* What they begin with (RFC 8200, 4); the length of an authentication header is in other units. */
struct extension {
	__u8 next;
	__u8 length;
	__be16 fragment;
};

/* The header behind, 1; 0 where `protocol` is no extension; below 0 where it cannot go on. */
static __always_inline int step_over(struct __sk_buff *skb, struct packet *packet)
{
	struct extension extension;

	switch (packet->protocol) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
	case IPPROTO_FRAGMENT:
	case IPPROTO_AH:
		break;
	default:
		return 0;
	}
	if (bpf_skb_load_bytes(skb, packet->offset, &extension, sizeof(extension)))
		return -1;
	if (packet->protocol == IPPROTO_FRAGMENT) {
		if (extension.fragment & bpf_htons(0xfff8))
			return -1;
		packet->offset += 8;
	} else if (packet->protocol == IPPROTO_AH) {
		packet->offset += (extension.length + 2) * 4;
	} else {
		packet->offset += (extension.length + 1) * 8;
	}
	packet->protocol = extension.next;
	return 1;
}

static __always_inline bool parse_ip6(struct __sk_buff *skb, struct packet *packet)
{
	struct ipv6hdr header;
	int more = 1;

	if (bpf_skb_load_bytes(skb, 0, &header, sizeof(header)))
		return false;
	__builtin_memcpy(packet->source, &header.saddr, sizeof(packet->source));
	__builtin_memcpy(packet->destination, &header.daddr, sizeof(packet->destination));
	packet->protocol = header.nexthdr;
	packet->offset = sizeof(header);
	for (int i = 0; i < EXTENSIONS_MAX && more > 0; i++)
		more = step_over(skb, packet);
	return more == 0;
}

/* Whether it is UDP; then the offset is that of its payload. */
static __always_inline bool parse_udp(struct __sk_buff *skb, struct packet *packet)
{
	struct udphdr header;

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if (!parse_ip4(skb, packet))
			return false;
	} else if (skb->protocol != bpf_htons(ETH_P_IPV6) || !parse_ip6(skb, packet)) {
		return false;
	}
	if (packet->protocol != IPPROTO_UDP ||
	    bpf_skb_load_bytes(skb, packet->offset, &header, sizeof(header)))
		return false;
	packet->source_port = bpf_ntohs(header.source);
	packet->destination_port = bpf_ntohs(header.dest);
	packet->offset += sizeof(header);
	return true;
}

/* Whether it has one question; then the offset is that of the question. */
static __always_inline bool parse_dns(struct __sk_buff *skb, struct packet *packet)
{
	if (bpf_skb_load_bytes(skb, packet->offset, &packet->dns, sizeof(packet->dns)) ||
	    packet->dns.questions != bpf_htons(1))
		return false;
	packet->offset += sizeof(packet->dns);
	return true;
}

static __always_inline bool is_shown(char letter)
{
	return letter > ' ' && letter < 0x7f && letter != '.';
}

/*
 * Makes labels with their lengths a text with dots, in place: `name` begins behind the first
 * length, which is `left`. Returns how many bytes the name had, or a negative number if it does not
 * end.
 */
static __always_inline int name_to_text(char *name, __u32 left)
{
	for (__u32 i = 0; i < NAME_MAX; i++) {
		__u8 byte = name[i];

		/* Changes nothing, but each way to come here looks the same to the verifier
		 * then. 5.10's follows all of them otherwise, and gives up. */
		left &= LABEL_MAX;
		asm volatile("" : "+r"(left));
		if (left) {
			left--;
			if (!is_shown(byte))
				name[i] = '?';
			continue;
		}
		if (!byte) {
			name[i] = '\0';
			return i + 1;
		}
		if (byte > LABEL_MAX)
			return -1;
		name[i] = '.';
		left = byte;
	}
	return -1;
}

/* The root has no labels, and is written as a dot. */
static __always_inline int root_to_text(char *name)
{
	name[0] = '.';
	name[1] = '\0';
	return 0;
}

/* Name and type of the question; false where it is none, or cut short. */
static __always_inline bool read_question(struct __sk_buff *skb, __u32 offset, char *name,
					  enum dns_type *ret_type)
{
	/* Behind the first length, and one less: 5.10's verifier does not see from "not 0" that it
	 * is 1 or more. Where nothing is left, it is far too much, and cannot be loaded. */
	__u32 last = skb->len - offset - 2;
	__be16 type;
	__u8 first;
	int used;

	if (bpf_skb_load_bytes(skb, offset, &first, 1) || first > LABEL_MAX)
		return false;
	if (last > NAME_MAX - 1)
		last = NAME_MAX - 1;
	if (bpf_skb_load_bytes(skb, offset + 1, name, last + 1))
		return false;
	used = first ? name_to_text(name, first) : root_to_text(name);
	if (used < 0 || bpf_skb_load_bytes(skb, offset + 1 + used, &type, sizeof(type)))
		return false;
	*ret_type = bpf_ntohs(type);
	return true;
}

static __always_inline struct dns_total *get_total(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&total, &zero);
}

static __always_inline struct question question_of(struct __sk_buff *skb,
						   const struct packet *packet)
{
	return (struct question){.socket = bpf_get_socket_cookie(skb),
				 .id = bpf_ntohs(packet->dns.id)};
}

/* False: it is no question. A full ring says nothing of that. */
static __always_inline bool report_query(struct __sk_buff *skb, const struct packet *packet,
					 __u16 ebpfd_hook)
{
	struct dns_query *query = EBPFD_RESERVE(&events, struct dns_query, DNS_QUERY);

	if (!query)
		return true;
	if (!read_question(skb, packet->offset, query->name, &query->qtype)) {
		ebpfd_discard(query);
		return false;
	}
	query->cgroup = bpf_skb_cgroup_id(skb);
	__builtin_memcpy(query->server, packet->destination, sizeof(query->server));
	query->id = bpf_ntohs(packet->dns.id);
	ebpfd_submit(query);
	return true;
}

static __always_inline bool report_answer(struct __sk_buff *skb, const struct packet *packet,
					  __u64 asked, __u16 ebpfd_hook)
{
	struct dns_answer *answer = EBPFD_RESERVE(&events, struct dns_answer, DNS_ANSWER);

	if (!answer)
		return true;
	if (!read_question(skb, packet->offset, answer->name, &answer->qtype)) {
		ebpfd_discard(answer);
		return false;
	}
	answer->cgroup = bpf_skb_cgroup_id(skb);
	answer->took_ns = answer->ebpfd.time - asked;
	__builtin_memcpy(answer->server, packet->source, sizeof(answer->server));
	answer->id = bpf_ntohs(packet->dns.id);
	answer->answers = bpf_ntohs(packet->dns.answers);
	answer->rcode = bpf_ntohs(packet->dns.flags) & DNS_RCODE;
	ebpfd_submit(answer);
	return true;
}

SEC("cgroup_skb/egress")
int EBPFD_PROG(on_egress, struct __sk_buff *skb)
{
	struct dns_total *sum = get_total();
	struct packet packet = {};
	struct question question;
	__u64 now = bpf_ktime_get_ns();

	if (!sum || !parse_udp(skb, &packet) || packet.destination_port != server_port)
		return PASS;
	if (!parse_dns(skb, &packet) || packet.dns.flags & bpf_htons(DNS_IS_ANSWER) ||
	    !report_query(skb, &packet, ebpfd_hook)) {
		EBPFD_COUNT(&sum->malformed);
		return PASS;
	}
	question = question_of(skb, &packet);
	bpf_map_update_elem(&waiting, &question, &now, BPF_ANY);
	EBPFD_COUNT(&sum->queries);
	return PASS;
}

SEC("cgroup_skb/ingress")
int EBPFD_PROG(on_ingress, struct __sk_buff *skb)
{
	struct dns_total *sum = get_total();
	struct packet packet = {};
	struct question question;
	__u64 *asked;

	if (!sum || !parse_udp(skb, &packet) || packet.source_port != server_port)
		return PASS;
	if (!parse_dns(skb, &packet) || !(packet.dns.flags & bpf_htons(DNS_IS_ANSWER))) {
		EBPFD_COUNT(&sum->malformed);
		return PASS;
	}
	question = question_of(skb, &packet);
	asked = bpf_map_lookup_elem(&waiting, &question);
	if (!asked) {
		EBPFD_COUNT(&sum->unasked);
		return PASS;
	}
	if (!report_answer(skb, &packet, *asked, ebpfd_hook)) {
		EBPFD_COUNT(&sum->malformed);
		return PASS;
	}
	bpf_map_delete_elem(&waiting, &question);
	EBPFD_COUNT(&sum->answers);
	return PASS;
}

char _license[] SEC("license") = "GPL";
