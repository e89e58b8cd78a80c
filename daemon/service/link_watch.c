/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/link_watch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/cleanup.h"

/* What may be told in one go without a message being lost is enough: a loss is a change, too. */
#define BUFFER_SIZE 8192

struct link_watch {
	int fd;
	sd_event_source *source;
	link_watch_fn changed;
	void *data;
};

/* What changed is of no use: whoever is told looks at what there is. */
static int take_messages(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct link_watch *watch = data;
	char buffer[BUFFER_SIZE];
	bool told = false;
	ssize_t got;

	(void)source;
	(void)events;
	while ((got = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0 ||
	       (got < 0 && (errno == EINTR || errno == ENOBUFS)))
		told = true;
	if (told)
		watch->changed(watch->data);
	return 0;
}

static int open_socket(int *ret)
{
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	cleanup_close int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	*ret = TAKE_FD(fd);
	return 0;
}

int link_watch_new(sd_event *event, link_watch_fn changed, void *data, struct link_watch **ret)
{
	struct link_watch *watch = calloc(1, sizeof(*watch));
	int err;

	if (!watch)
		return -ENOMEM;
	*watch = (struct link_watch){.fd = -1, .changed = changed, .data = data};
	err = open_socket(&watch->fd);
	if (!err)
		err = sd_event_add_io(event, &watch->source, watch->fd, EPOLLIN, take_messages,
				      watch);
	if (err < 0) {
		link_watch_free(watch);
		return err;
	}
	*ret = watch;
	return 0;
}

struct link_watch *link_watch_free(struct link_watch *watch)
{
	if (!watch)
		return NULL;
	sd_event_source_unref(watch->source);
	close_and_forget(&watch->fd);
	free(watch);
	return NULL;
}
