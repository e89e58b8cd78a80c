/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notified SOCKET: makes the socket and prints what a daemon tells its service manager there. Keeps
 * the descriptors that come with it, and prints "descriptor N" for each: its number here.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/cleanup.h"

static void print_descriptors(struct msghdr *message)
{
	const struct cmsghdr *control = CMSG_FIRSTHDR(message);
	int fd;

	if (!control || control->cmsg_type != SCM_RIGHTS)
		return;
	for (size_t at = CMSG_LEN(0); at + sizeof(fd) <= control->cmsg_len; at += sizeof(fd)) {
		memcpy(&fd, (const char *)control + at, sizeof(fd));
		(void)printf("descriptor %d\n", fd);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	cleanup_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[4096];
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(8 * sizeof(int))];
	} control;
	struct iovec part = {.iov_base = text, .iov_len = sizeof(text)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control};
	ssize_t length;

	if (argc == 2)
		(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	if (argc != 2 || fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		(void)fprintf(stderr, "notified: %s\n", strerror(errno));
		return 1;
	}
	do {
		message.msg_controllen = sizeof(control);
		length = recvmsg(fd, &message, 0);
		if (length > 0) {
			(void)printf("%.*s\n", (int)length, text);
			print_descriptors(&message);
			(void)fflush(stdout);
		}
	} while (length > 0);
	return 0;
}
