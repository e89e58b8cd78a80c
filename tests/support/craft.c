/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/craft.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/cleanup.h"
#include "tests/unit/expect.h"

#define ROOM_FOR_FRAMES (64 * 1024 * 1024)

/* A frame that grows. */
struct growing {
	unsigned char *bytes;
	size_t length;
};

static void *add(struct growing *frame, size_t size)
{
	void *at = frame->bytes + frame->length;

	assert_in_range(frame->length + size, 0, CRAFT_FRAME_MAX);
	memset(at, 0, size);
	frame->length += size;
	return at;
}

static void add_two(struct growing *frame, uint16_t value)
{
	const uint16_t wire = htons(value);

	memcpy(add(frame, sizeof(wire)), &wire, sizeof(wire));
}

static void add_link(struct growing *frame, const struct craft *craft)
{
	memset(add(frame, ETH_ALEN), 0xff, ETH_ALEN);
	memset(add(frame, ETH_ALEN), 0x02, ETH_ALEN);
	for (size_t i = 0; i < CRAFT_TAGS_MAX && craft->tags[i]; i++) {
		add_two(frame, i == 0 && craft->is_8021ad ? ETH_P_8021AD : ETH_P_8021Q);
		add_two(frame, craft->tags[i]);
	}
	if (craft->other)
		add_two(frame, craft->other);
	else
		add_two(frame, craft->is_ip6 ? ETH_P_IPV6 : ETH_P_IP);
}

static void put_address(const struct craft *craft, const char *text, void *at)
{
	if (!text)
		text = craft->is_ip6 ? "2001:db8::ffff" : "198.51.100.255";
	assert_int_equal(inet_pton(craft->is_ip6 ? AF_INET6 : AF_INET, text, at), 1);
}

static void put_first_byte(const struct craft *craft, void *header)
{
	if (craft->first_byte)
		memcpy(header, &craft->first_byte, 1);
}

static uint8_t protocol_of(const struct craft *craft)
{
	return craft->protocol ? craft->protocol : IPPROTO_UDP;
}

static uint16_t checksum(const void *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < length; i += 2) {
		uint16_t word;

		memcpy(&word, (const char *)bytes + i, sizeof(word));
		sum += word;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void add_ip4(struct growing *frame, const struct craft *craft, size_t content)
{
	const size_t length = sizeof(struct iphdr) + 4UL * craft->options;
	struct iphdr header = {.version = 4, .ihl = (unsigned)(length / 4) & 15, .ttl = 64};
	unsigned char *at = add(frame, length);

	header.tot_len = htons((uint16_t)(craft->total ? craft->total : length + content));
	header.frag_off =
		htons((uint16_t)(craft->fragment_offset | (craft->more_fragments ? 0x2000 : 0)));
	header.protocol = protocol_of(craft);
	put_address(craft, craft->source, &header.saddr);
	put_address(craft, craft->destination, &header.daddr);
	put_first_byte(craft, &header);
	memset(at + sizeof(header), IPOPT_NOOP, 4UL * craft->options);
	memcpy(at, &header, sizeof(header));
	header.check = checksum(at, length);
	memcpy(at, &header, sizeof(header));
}

#define AH_LENGTH 16

/* What is behind the last extension. */
static uint8_t behind_extensions(const struct craft *craft)
{
	return craft->has_ah ? IPPROTO_AH : protocol_of(craft);
}

static void add_ah(struct growing *frame, const struct craft *craft)
{
	unsigned char *header = add(frame, AH_LENGTH);

	header[0] = protocol_of(craft);
	header[1] = AH_LENGTH / 4 - 2; /* RFC 4302, 2.2 */
}

/* The last one is a fragment's if it is to be one; all others say nothing to hosts on the way. */
static void add_extensions(struct growing *frame, const struct craft *craft, unsigned count,
			   bool is_fragment)
{
	for (unsigned i = 0; i < count; i++) {
		const bool last = i + 1 == count, fragment = last && is_fragment;
		const bool before_fragment = i + 2 == count && is_fragment;
		unsigned char *header = add(frame, 8);
		const uint16_t where =
			htons((uint16_t)(craft->fragment_offset << 3 | craft->more_fragments));

		header[0] = last	      ? behind_extensions(craft)
			    : before_fragment ? IPPROTO_FRAGMENT
					      : IPPROTO_DSTOPTS;
		if (fragment)
			memcpy(header + 2, &where, sizeof(where));
		else
			memcpy(header + 2, (const unsigned char[]){1, 4}, 2); /* PadN */
	}
}

static void add_ip6(struct growing *frame, const struct craft *craft, size_t content)
{
	const bool is_fragment = craft->fragment_offset || craft->more_fragments;
	const unsigned extensions = craft->extensions + is_fragment;
	struct ip6_hdr header = {.ip6_flow = htonl(6U << 28), .ip6_hlim = 64};

	header.ip6_plen =
		htons((uint16_t)(8 * extensions + (craft->has_ah ? AH_LENGTH : 0) + content));
	header.ip6_nxt = craft->extensions ? IPPROTO_DSTOPTS
			 : is_fragment	   ? IPPROTO_FRAGMENT
					   : behind_extensions(craft);
	put_address(craft, craft->source, &header.ip6_src);
	put_address(craft, craft->destination, &header.ip6_dst);
	put_first_byte(craft, &header);
	memcpy(add(frame, sizeof(header)), &header, sizeof(header));
	add_extensions(frame, craft, extensions, is_fragment);
	if (craft->has_ah)
		add_ah(frame, craft);
}

static size_t transport_length(const struct craft *craft)
{
	if (craft->fragment_offset)
		return 0;
	return protocol_of(craft) == IPPROTO_TCP ? sizeof(struct tcphdr) + 4UL * craft->tcp_options
						 : sizeof(struct udphdr);
}

static void add_transport(struct growing *frame, const struct craft *craft)
{
	const size_t length = transport_length(craft);

	if (!length)
		return;
	if (protocol_of(craft) == IPPROTO_TCP) {
		const size_t words = craft->tcp_words ? craft->tcp_words : length / 4;
		const struct tcphdr header = {.source = htons(craft->source_port),
					      .dest = htons(craft->destination_port),
					      .doff = (unsigned)words & 15,
					      .syn = 1};
		unsigned char *at = add(frame, length);

		memset(at, TCPOPT_NOP, length);
		memcpy(at, &header, sizeof(header));
	} else {
		const struct udphdr header = {.source = htons(craft->source_port),
					      .dest = htons(craft->destination_port),
					      .len = htons((uint16_t)(length + craft->payload))};

		memcpy(add(frame, length), &header, sizeof(header));
	}
}

size_t craft_frame(const struct craft *craft, unsigned char frame[CRAFT_FRAME_MAX])
{
	struct growing growing = {.bytes = frame};
	const size_t content = transport_length(craft) + craft->payload;
	unsigned char *payload;

	add_link(&growing, craft);
	if (!craft->other) {
		if (craft->is_ip6)
			add_ip6(&growing, craft, content);
		else
			add_ip4(&growing, craft, content);
		add_transport(&growing, craft);
	}
	payload = add(&growing, craft->payload);
	for (size_t i = 0; i < craft->payload; i++)
		payload[i] = (unsigned char)i;
	assert_in_range(craft->cut, 0, growing.length);
	return growing.length - craft->cut;
}

static int open_socket(const char *interface, uint16_t protocol)
{
	const struct sockaddr_ll address = {.sll_family = AF_PACKET,
					    .sll_protocol = htons(protocol),
					    .sll_ifindex = (int)if_nametoindex(interface)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		fail_msg("%s: %s", interface, strerror(errno));
	return fd;
}

int craft_open(const char *interface)
{
	return open_socket(interface, 0);
}

int craft_send(int fd, const struct craft *craft)
{
	unsigned char frame[CRAFT_FRAME_MAX];
	const size_t length = craft_frame(craft, frame);

	/* ENOBUFS: a queue is full and the frame was not taken; it is sent again. */
	while (send(fd, frame, length, 0) < 0)
		if (errno != ENOBUFS && errno != EINTR && errno != EAGAIN)
			return -errno;
	return 0;
}

/* By a raw socket, for which the packet brings its header. */
int craft_send_packet(const struct craft *craft)
{
	const int family = craft->is_ip6 ? AF_INET6 : AF_INET;
	cleanup_close int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	struct sockaddr_in to = {.sin_family = AF_INET};
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6};
	unsigned char frame[CRAFT_FRAME_MAX];
	const size_t length = craft_frame(craft, frame) - ETH_HLEN;
	ssize_t sent;

	put_address(craft, craft->destination,
		    craft->is_ip6 ? (void *)&to6.sin6_addr : (void *)&to.sin_addr);
	if (craft->is_ip6)
		sent = sendto(fd, frame + ETH_HLEN, length, 0, (const struct sockaddr *)&to6,
			      sizeof(to6));
	else
		sent = sendto(fd, frame + ETH_HLEN, length, 0, (const struct sockaddr *)&to,
			      sizeof(to));
	return sent < 0 ? -errno : 0;
}

int craft_listen(const char *interface)
{
	int fd = open_socket(interface, ETH_P_ALL), room = ROOM_FOR_FRAMES;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)), 0);
	return fd;
}

static void expect_none_dropped(int fd)
{
	struct tpacket_stats stats;
	socklen_t length = sizeof(stats);

	assert_int_equal(getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length), 0);
	assert_int_equal(stats.tp_drops, 0);
}

uint64_t craft_hear(int fd, void (*take)(const unsigned char *frame, size_t length, void *data),
		    void *data)
{
	unsigned char frame[CRAFT_FRAME_MAX];
	struct sockaddr_ll from = {0};
	uint64_t heard = 0;

	for (;;) {
		socklen_t size = sizeof(from);
		ssize_t length =
			recvfrom(fd, frame, sizeof(frame), 0, (struct sockaddr *)&from, &size);

		if (length < 0)
			break;
		if (from.sll_pkttype == PACKET_OUTGOING)
			continue;
		heard++;
		if (take)
			take(frame, (size_t)length, data);
	}
	expect_none_dropped(fd);
	return heard;
}

uint64_t craft_heard(int fd)
{
	return craft_hear(fd, NULL, NULL);
}
