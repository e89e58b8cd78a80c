/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * poke WHAT [COUNT]: makes programs at hooks run, COUNT times (default 1). WHAT is
 *	getpid		a call of getpid(2)
 *	no-syscall	a call of system call 9999, which there is not, so that nobody else makes it
 *	datagram	a UDP datagram to itself over the loopback, through a connected socket
 *	loose-datagram	the same through one that is not, so that the receiver is looked up
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/macro.h"

#define NO_SYSCALL 9999

static int poke_getpid(void)
{
	/* glibc might remember the answer. */
	return syscall(SYS_getpid) > 0 ? 0 : -errno;
}

static int poke_no_syscall(void)
{
	return syscall(NO_SYSCALL) < 0 && errno == ENOSYS ? 0 : -EEXIST;
}

static int send_datagram(bool connected)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	cleanup_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char byte = 'x';

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) < 0 ||
	    (connected && connect(fd, (struct sockaddr *)&address, length) < 0) ||
	    sendto(fd, &byte, sizeof(byte), 0, (struct sockaddr *)&address, length) < 0 ||
	    recv(fd, &byte, sizeof(byte), 0) < 0)
		return -errno;
	return 0;
}

static int poke_datagram(void)
{
	return send_datagram(true);
}

static int poke_loose_datagram(void)
{
	return send_datagram(false);
}

static const struct {
	const char *name;
	int (*poke)(void);
} pokes[] = {
	{"getpid", poke_getpid},
	{"no-syscall", poke_no_syscall},
	{"datagram", poke_datagram},
	{"loose-datagram", poke_loose_datagram},
};

static int poke(const char *name, long count)
{
	int err = -EINVAL;

	for (size_t i = 0; i < ARRAY_SIZE(pokes); i++)
		if (strcmp(pokes[i].name, name) == 0)
			for (err = 0; !err && count > 0; count--)
				err = pokes[i].poke();
	return err;
}

int main(int argc, char **argv)
{
	int err = argc == 2 || argc == 3 ? poke(argv[1], argc == 3 ? atol(argv[2]) : 1) : -EINVAL;

	if (!err)
		return 0;
	(void)fprintf(stderr, "poke: %s\n", strerror(-err));
	return 1;
}
