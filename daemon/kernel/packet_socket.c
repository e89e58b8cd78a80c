/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/packet_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "lib/cleanup.h"

#define LIST "/proc/self/net/packet"

/* What a program lets pass waits here for nobody: as little as the kernel takes, about 2 KiB. */
#define QUEUE_SIZE 0

static int set(int fd, int option, int value)
{
	return setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* The protocol comes last: without one no packet is heard, and none without the filter. */
static int set_up(int fd, uint32_t interface, int program_fd)
{
	const struct sockaddr_ll all = {.sll_family = AF_PACKET,
					.sll_protocol = htons(ETH_P_ALL),
					.sll_ifindex = (int)interface};
	int err = set(fd, SO_RCVBUF, QUEUE_SIZE);

	if (!err)
		err = set(fd, SO_ATTACH_BPF, program_fd);
	if (!err && bind(fd, (const struct sockaddr *)&all, sizeof(all)) < 0)
		err = -errno;
	return err;
}

int packet_socket_identify(int fd, struct anchor *ret)
{
	uint64_t cookie;
	socklen_t size = sizeof(cookie), domain_size = sizeof(int);
	struct stat status;
	int domain;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_size) < 0 || domain != AF_PACKET)
		return -ENOTSOCK;
	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) < 0 || fstat(fd, &status) < 0)
		return -errno;
	ret->cookie = cookie;
	ret->inode = status.st_ino;
	return 0;
}

int packet_socket_open(uint32_t interface, int program_fd, struct anchor *anchor,
		       struct failure *reterr_failure)
{
	cleanup_close int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	int err = fd < 0 ? -errno : set_up(fd, interface, program_fd);

	if (!err)
		err = packet_socket_identify(fd, anchor);
	if (err == -EAFNOSUPPORT)
		return failure_set(reterr_failure, OUTCOME_REFUSED, err,
				   "this kernel has no packet sockets (CONFIG_PACKET)");
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "cannot open a packet socket at the interface");
	return TAKE_FD(fd);
}

/* A line of the list (net/packet/af_packet.c, packet_seq_show()); the first one has names. */
static bool is_of(const char *line, const struct anchor *anchor)
{
	uint64_t inode;
	int interface;

	return sscanf(line, "%*s %*d %*d %*x %d %*d %*u %*u %" SCNu64, &interface, &inode) == 2 &&
	       inode == anchor->inode && interface == (int)anchor->interface;
}

int packet_socket_is_there(const struct anchor *anchor)
{
	cleanup_fclose FILE *list = fopen(LIST, "re");
	char line[256];

	if (!list)
		return -errno;
	while (fgets(line, sizeof(line), list))
		if (is_of(line, anchor))
			return 1;
	return ferror(list) ? -EIO : 0;
}

void packet_socket_mute(int fd)
{
	struct sock_filter nothing = {.code = BPF_RET | BPF_K, .k = 0};
	const struct sock_fprog filter = {.len = 1, .filter = &nothing};

	(void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
}
