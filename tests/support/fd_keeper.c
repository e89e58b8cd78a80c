/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/fd_keeper.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/str.h"
#include "tests/unit/expect.h"

#define FIRST_PASSED 3
#define SETTLE	     "X_SETTLE"
#define END	     "X_END"

/* Together 20 s. */
#define PATIENCE_STEPS	   2000
#define PATIENCE_STEP_USEC 10000

static void forget(struct fd_keeper *keeper, const char *name)
{
	for (size_t i = 0; i < keeper->count;)
		if (strcmp(keeper->kept[i].name, name) == 0) {
			close(keeper->kept[i].fd);
			keeper->kept[i] = keeper->kept[--keeper->count];
		} else {
			i++;
		}
}

/* A second one of a name is, with our daemon, the same socket again. */
static void keep(struct fd_keeper *keeper, const char *name, int fd)
{
	forget(keeper, name);
	if (keeper->count == FD_KEEPER_MAX) {
		close(fd);
		return;
	}
	keeper->kept[keeper->count].fd = fd;
	(void)snprintf(keeper->kept[keeper->count++].name, sizeof(keeper->kept[0].name), "%s",
		       name);
}

/* The text behind NAME=, cut off at its line's end. */
static bool value_of(const char *text, const char *name, char *ret, size_t size)
{
	const char *found = strstr(text, name);

	if (!found)
		return false;
	found += strlen(name);
	return str_format(ret, size, "%.*s", (int)strcspn(found, "\n"), found) == 0;
}

static void take(struct fd_keeper *keeper, const char *text, int fd)
{
	char name[64];

	(void)pthread_mutex_lock(&keeper->lock);
	if (strcmp(text, SETTLE) == 0)
		keeper->settled++;
	if (value_of(text, "FDNAME=", name, sizeof(name))) {
		if (strstr(text, "FDSTOREREMOVE=1"))
			forget(keeper, name);
		else if (fd >= 0)
			keep(keeper, name, TAKE_FD(fd));
	}
	(void)pthread_mutex_unlock(&keeper->lock);
	close_and_forget(&fd);
}

static int fd_of(struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	int fd = -1;

	for (; header; header = CMSG_NXTHDR(message, header))
		if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

static void *read_all(void *data)
{
	struct fd_keeper *keeper = data;
	char text[4096] = "";

	while (strcmp(text, END) != 0) {
		char control[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
		struct iovec part = {text, sizeof(text) - 1};
		struct msghdr message = {.msg_iov = &part,
					 .msg_iovlen = 1,
					 .msg_control = control,
					 .msg_controllen = sizeof(control)};
		ssize_t length = recvmsg(keeper->socket, &message, MSG_CMSG_CLOEXEC);

		if (length < 0)
			break;
		text[length] = '\0';
		take(keeper, text, fd_of(&message));
	}
	return NULL;
}

static struct sockaddr_un address_of(const struct fd_keeper *keeper)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", keeper->path);
	return address;
}

void fd_keeper_start(struct fd_keeper *keeper, const char *path)
{
	struct sockaddr_un address;

	*keeper = (struct fd_keeper){.lock = PTHREAD_MUTEX_INITIALIZER};
	(void)snprintf(keeper->path, sizeof(keeper->path), "%s", path);
	address = address_of(keeper);
	(void)unlink(path);
	keeper->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(keeper->socket >= 0);
	assert_int_equal(bind(keeper->socket, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(pthread_create(&keeper->reader, NULL, read_all, keeper), 0);
}

static void say(const struct fd_keeper *keeper, const char *text)
{
	const struct sockaddr_un address = address_of(keeper);

	assert_int_equal(sendto(keeper->socket, text, strlen(text), 0,
				(const struct sockaddr *)&address, sizeof(address)),
			 strlen(text));
}

static unsigned times_settled(struct fd_keeper *keeper)
{
	unsigned settled;

	(void)pthread_mutex_lock(&keeper->lock);
	settled = keeper->settled;
	(void)pthread_mutex_unlock(&keeper->lock);
	return settled;
}

void fd_keeper_settle(struct fd_keeper *keeper)
{
	const unsigned before = times_settled(keeper);

	say(keeper, SETTLE);
	for (int i = 0; i < PATIENCE_STEPS && times_settled(keeper) == before; i++)
		usleep(PATIENCE_STEP_USEC);
	assert_int_not_equal(times_settled(keeper), before);
}

size_t fd_keeper_count(struct fd_keeper *keeper, const char *prefix)
{
	size_t count = 0;

	fd_keeper_settle(keeper);
	(void)pthread_mutex_lock(&keeper->lock);
	for (size_t i = 0; i < keeper->count; i++)
		count += str_has_prefix(keeper->kept[i].name, prefix, NULL);
	(void)pthread_mutex_unlock(&keeper->lock);
	return count;
}

void fd_keeper_pass(const struct fd_keeper *keeper)
{
	char names[FD_KEEPER_MAX * 64] = "", number[24];
	int moved[FD_KEEPER_MAX];

	/* Out of the way first: one may have the number that another is to get. */
	for (size_t i = 0; i < keeper->count; i++)
		moved[i] = fcntl(keeper->kept[i].fd, F_DUPFD_CLOEXEC, FIRST_PASSED + FD_KEEPER_MAX);
	for (size_t i = 0; i < keeper->count; i++) {
		(void)dup2(moved[i], FIRST_PASSED + (int)i);
		(void)strncat(names, i ? ":" : "", sizeof(names) - strlen(names) - 1);
		(void)strncat(names, keeper->kept[i].name, sizeof(names) - strlen(names) - 1);
	}
	(void)setenv("NOTIFY_SOCKET", keeper->path, 1);
	if (!keeper->count)
		return;
	(void)snprintf(number, sizeof(number), "%zu", keeper->count);
	(void)setenv("LISTEN_FDS", number, 1);
	(void)setenv("LISTEN_FDNAMES", names, 1);
	(void)snprintf(number, sizeof(number), "%d", (int)getpid());
	(void)setenv("LISTEN_PID", number, 1);
}

void fd_keeper_end(struct fd_keeper *keeper)
{
	if (!keeper->path[0])
		return;
	say(keeper, END);
	(void)pthread_join(keeper->reader, NULL);
	for (size_t i = 0; i < keeper->count; i++)
		close(keeper->kept[i].fd);
	close(keeper->socket);
	(void)unlink(keeper->path);
	*keeper = (struct fd_keeper){0};
}
