/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/listening.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/socket.h>

int listening_option(int fd, int option)
{
	int value = -1;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0 ? -1 : value;
}

const char *listening_flaw(int fd)
{
	if (listening_option(fd, SO_TYPE) != SOCK_STREAM)
		return "is no stream socket";
	if (listening_option(fd, SO_ACCEPTCONN) != 1)
		return "is a socket that does not listen";
	return NULL;
}

void listening_set_nonblocking(int fd)
{
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}
