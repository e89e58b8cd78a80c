/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/sink_journal.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/clock.h"
#include "lib/macro.h"
#include "lib/str.h"

/* Entries that one system call sends. */
#define ENTRIES	    64
#define BUFFER_SIZE (64UL * 1024)
/* For entries on their way, as systemd's own library has it. */
#define SEND_BUFFER (8 * 1024 * 1024)

#define PATIENCE_USEC (10UL * 1000)

struct sink_journal {
	struct sockaddr_un address;
	int fd;	       /* -1: not connected */
	bool is_stuck; /* it has taken nothing since we last waited in vain */

	char *buffer; /* of the entries below, one behind the other */
	size_t room;
	size_t used;
	size_t count;
	struct iovec entries[ENTRIES];
};

/* ---- the connection ------------------------------------------------------------------------- */

int sink_journal_new(const char *socket_path, struct sink_journal **ret)
{
	struct sink_journal *journal = calloc(1, sizeof(*journal));
	int err;

	if (!journal)
		return -ENOMEM;
	journal->fd = -1;
	journal->address.sun_family = AF_UNIX;
	err = str_format(journal->address.sun_path, sizeof(journal->address.sun_path), "%s",
			 socket_path);
	if (err) {
		free(journal);
		return err;
	}
	*ret = journal;
	return 0;
}

void sink_journal_free(struct sink_journal *journal)
{
	if (!journal)
		return;
	close_and_forget(&journal->fd);
	free(journal->buffer);
	free(journal);
}

static int connect_journal(struct sink_journal *journal)
{
	const struct sockaddr *address = (const struct sockaddr *)&journal->address;
	int size = SEND_BUFFER;
	cleanup_close int fd = -1;

	if (journal->fd >= 0)
		return 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, address, sizeof(journal->address)) < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	journal->fd = TAKE_FD(fd);
	return 0;
}

/* ---- entries -------------------------------------------------------------------------------- */

/* Whether there is room for one more. */
static bool has_room(const struct sink_journal *journal, size_t size)
{
	return journal->count < ENTRIES && journal->room - journal->used >= size;
}

static int grow(struct sink_journal *journal, size_t size)
{
	char *larger;

	if (journal->room >= size)
		return 0;
	size = MAX(size, BUFFER_SIZE);
	larger = realloc(journal->buffer, size);
	if (!larger)
		return -ENOMEM;
	journal->buffer = larger;
	journal->room = size;
	return 0;
}

static void add_entry(struct sink_journal *journal, struct line_text line)
{
	char *start = journal->buffer + journal->used;
	size_t length = journal_entry(line, start);

	journal->entries[journal->count++] = (struct iovec){.iov_base = start, .iov_len = length};
	journal->used += length;
}

/* ---- sending -------------------------------------------------------------------------------- */

static int wait_for_room(struct sink_journal *journal, uint64_t deadline_usec)
{
	struct pollfd poll_fd = {.fd = journal->fd, .events = POLLOUT};
	uint64_t now_usec = clock_now_usec(CLOCK_MONOTONIC);

	if (journal->is_stuck)
		return -EAGAIN;
	if (now_usec < deadline_usec &&
	    poll(&poll_fd, 1, (int)((deadline_usec - now_usec) / 1000) + 1) > 0)
		return 0;
	journal->is_stuck = true;
	return -EAGAIN;
}

/* Returns how many it took, from `first` on: one at least. */
static int send_some(struct sink_journal *journal, size_t first)
{
	struct mmsghdr messages[ENTRIES];
	size_t count = journal->count - first;
	int sent;

	for (size_t i = 0; i < count; i++)
		messages[i] = (struct mmsghdr){
			.msg_hdr = {.msg_iov = &journal->entries[first + i], .msg_iovlen = 1}};
	do
		sent = sendmmsg(journal->fd, messages, count, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : sent;
}

/* A journal that was started again has another socket at the same path. */
static int connect_again(struct sink_journal *journal, bool *tried)
{
	close_and_forget(&journal->fd);
	if (*tried)
		return -ECONNREFUSED;
	*tried = true;
	return connect_journal(journal);
}

/* What to do about an entry that was not sent. 0: try again; 1: pass over it. */
static int after_error(struct sink_journal *journal, int err, uint64_t deadline_usec, bool *tried)
{
	switch (err) {
	case -EAGAIN:
	case -ENOBUFS:
		return wait_for_room(journal, deadline_usec);
	case -EMSGSIZE:
		return 1;
	case -ECONNREFUSED:
	case -ECONNRESET:
	case -ENOTCONN:
	case -EPIPE:
		return connect_again(journal, tried);
	default:
		return err;
	}
}

/* Sends what is collected. Returns the number of entries that were not sent. */
static uint64_t send_all(struct sink_journal *journal, uint64_t deadline_usec, int *ret_error)
{
	int err = connect_journal(journal);
	bool tried = false;
	uint64_t lost = 0;
	size_t next = 0;

	while (err >= 0 && next < journal->count) {
		int sent = send_some(journal, next);

		if (sent > 0) {
			journal->is_stuck = false;
			next += (size_t)sent;
			continue;
		}
		err = after_error(journal, sent, deadline_usec, &tried);
		if (err > 0) {
			*ret_error = sent;
			lost++;
			next++;
		}
	}
	lost += journal->count - next;
	if (err < 0)
		*ret_error = err;
	journal->count = 0;
	journal->used = 0;
	return lost;
}

uint64_t sink_journal_write(struct sink_journal *journal, const char *lines, size_t length,
			    int *ret_error)
{
	uint64_t deadline_usec = clock_now_usec(CLOCK_MONOTONIC) + PATIENCE_USEC;
	const char *end = lines + length, *newline;
	uint64_t lost = 0;

	*ret_error = 0;
	for (; lines < end; lines = newline + 1) {
		struct line_text line = {.start = lines};
		size_t size;

		newline = memchr(lines, '\n', (size_t)(end - lines));
		line.length = (size_t)(newline - lines);
		size = JOURNAL_ENTRY_MAX(line.length);
		if (!has_room(journal, size))
			lost += send_all(journal, deadline_usec, ret_error);
		if (grow(journal, size) < 0) {
			*ret_error = -ENOMEM;
			lost++;
			continue;
		}
		add_entry(journal, line);
	}
	return lost + send_all(journal, deadline_usec, ret_error);
}
