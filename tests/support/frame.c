/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <sys/socket.h>

#include "lib/cleanup.h"
#include "tests/bpf/frame_type.h"

int frame_send(const char *interface)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
				      .sll_protocol = htons(FRAME_TYPE),
				      .sll_ifindex = (int)if_nametoindex(interface)};
	cleanup_close int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	unsigned char frame[ETH_ZLEN] = {[12] = FRAME_TYPE >> 8, [13] = FRAME_TYPE & 0xff};

	if (fd < 0 ||
	    sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return 0;
}
