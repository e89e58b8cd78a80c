/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packets INTERFACE RATE AT_LEAST [COUNT]: sends numbered Ethernet frames of EtherType 0x88B5, RATE
 * a second, until it is told to stop and AT_LEAST are sent, or COUNT are. The numbers begin at 1.
 * Prints how many frames the kernel took.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/types.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "bpf/examples/packet.h"
#include "tests/tools/common/generator.h"

/* Frames between two looks at the clock: few enough for the smallest queue on their way. */
#define BURST 16

struct frame {
	struct ethhdr header;
	struct packet_payload payload;
	char padding[ETH_ZLEN - sizeof(struct ethhdr) - sizeof(struct packet_payload)];
} __attribute__((packed));

static int open_interface(const char *name)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
				      .sll_protocol = htons(PACKET_TYPE),
				      .sll_ifindex = (int)if_nametoindex(name)};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (!address.sll_ifindex || fd < 0 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		(void)fprintf(stderr, "packets: %s: %s\n", name, strerror(errno));
		exit(1);
	}
	return fd;
}

static void send_frame(int fd, uint64_t number)
{
	struct frame frame = {.header.h_proto = htons(PACKET_TYPE)};

	memset(frame.header.h_dest, 0xff, ETH_ALEN);
	frame.payload.sequence = number;
	/* ENOBUFS: a queue is full and the frame was not taken; it is sent again. */
	while (send(fd, &frame, sizeof(frame), 0) < 0)
		if (errno != ENOBUFS && errno != EINTR) {
			(void)fprintf(stderr, "packets: %s\n", strerror(errno));
			exit(1);
		}
}

int main(int argc, char **argv)
{
	uint64_t rate, at_least, count, sent = 0;
	int fd;

	if (argc != 4 && argc != 5) {
		(void)fputs("usage: packets INTERFACE RATE AT_LEAST [COUNT]\n", stderr);
		return 2;
	}
	rate = generator_number("packets", "RATE", argv[2]);
	at_least = generator_number("packets", "AT_LEAST", argv[3]);
	count = argc == 5 ? generator_number("packets", "COUNT", argv[4]) : 0;
	fd = open_interface(argv[1]);
	generator_catch_signals();
	while (generator_goes_on(sent, rate, at_least, count))
		for (int i = 0; i < BURST && !(count && sent == count); i++)
			send_frame(fd, ++sent);
	(void)printf("%" PRIu64 "\n", sent);
	return 0;
}
