/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/manager.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "lib/cleanup.h"

struct address {
	struct sockaddr_un name;
	socklen_t length;
};

/* -ENOENT: there is no manager. A path, or with @ in front a name that is no file's (unix(7)). */
static int read_address(struct address *ret)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path ? strlen(path) : 0;

	if (length == 0)
		return -ENOENT;
	if ((*path != '/' && *path != '@') || length < 2 || length >= sizeof(ret->name.sun_path))
		return -EAFNOSUPPORT;
	*ret = (struct address){
		.name.sun_family = AF_UNIX,
		.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)};
	memcpy(ret->name.sun_path, path, length);
	if (*path == '@')
		ret->name.sun_path[0] = '\0';
	return 0;
}

static void add_fd(struct msghdr *message, void *control, size_t size, int fd)
{
	struct cmsghdr *header;

	message->msg_control = control;
	message->msg_controllen = size;
	header = CMSG_FIRSTHDR(message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
}

int manager_tell(const char *text, int fd)
{
	const struct timeval patience = {.tv_usec = MANAGER_PATIENCE_USEC};
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr aligned;
	} control = {};
	struct iovec piece = {.iov_base = (char *)text, .iov_len = strlen(text)};
	struct address address;
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
	cleanup_close int sender = -1;
	int err = read_address(&address);

	if (err)
		return err == -ENOENT ? 0 : err;
	message.msg_name = &address.name;
	message.msg_namelen = address.length;
	if (fd >= 0)
		add_fd(&message, control.bytes, sizeof(control.bytes), fd);
	sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sender < 0 ||
	    setsockopt(sender, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
	    sendmsg(sender, &message, MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}
