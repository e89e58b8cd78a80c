/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notified SOCKET: makes the socket and prints what a daemon tells its service manager there. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/cleanup.h"

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	cleanup_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[4096];
	ssize_t length;

	if (argc == 2)
		(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	if (argc != 2 || fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		(void)fprintf(stderr, "notified: %s\n", strerror(errno));
		return 1;
	}
	while ((length = recv(fd, text, sizeof(text), 0)) > 0) {
		(void)printf("%.*s\n", (int)length, text);
		(void)fflush(stdout);
	}
	return 0;
}
