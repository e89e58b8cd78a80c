/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/metrics_socket.h"

#include <errno.h>
#include <sys/socket.h>

#include "config/listen_address.h"
#include "daemon/service/listening.h"
#include "lib/cleanup.h"

#define BACKLOG 16

static const char *flaw(int fd, const void *data)
{
	(void)data;
	return listening_flaw(fd);
}

static int listen_at(const struct listen_address *address, int *ret_fd)
{
	cleanup_close int fd =
		socket(address->socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1;

	if (fd < 0)
		return -errno;
	/* A daemon that starts again finds connections of the former one, which wait for nothing.
	 */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)&address->socket, address->length) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return -errno;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static const char *way_out(int err)
{
	if (err != -EAFNOSUPPORT && err != -EPERM)
		return "";
	return " (the service is kept from IP; enable ebpfd-metrics.socket instead, see ebpfd(8))";
}

int metrics_socket_open(const struct daemon_file *settings, struct fd_store *store, int *ret_fd,
			struct failure *reterr_failure)
{
	struct listen_address address;
	int fd = fd_store_claim(store, METRICS_FD_NAME, flaw, NULL);
	int err;

	if (fd >= 0) {
		listening_set_nonblocking(fd);
		*ret_fd = fd;
		return 0;
	}
	if (!settings->metrics_listen)
		return -ENOENT;
	err = listen_address_parse(settings->metrics_listen, &address);
	if (!err)
		err = listen_at(&address, ret_fd);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
					 "cannot listen at %s for metrics%s",
					 settings->metrics_listen, way_out(err));
	return 0;
}
