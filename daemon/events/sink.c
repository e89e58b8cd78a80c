/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/file.h"

#define BUFFER_SIZE (64UL * 1024)
#define FILE_MODE   0640

struct sink {
	int fd;	      /* -1: wants no lines */
	char *buffer; /* grows only for a line that is larger than all of it */
	size_t room;
	size_t used;
	uint64_t lost; /* lines, since the last sink_flush() */
	bool torn;     /* the file's last line lacks its newline */
	int error;
};

/* ---- opening -------------------------------------------------------------------------------- */

static bool ends_in_newline(int fd, off_t size)
{
	char last;

	return size == 0 || (pread(fd, &last, 1, size - 1) == 1 && last == '\n');
}

/* Ends a torn line. If that fails, the next flush tries again. */
static int end_torn_line(struct sink *sink)
{
	int err;

	if (!sink->torn)
		return 0;
	err = file_write_all(sink->fd, "\n", 1);
	if (err)
		sink->error = err;
	else
		sink->torn = false;
	return err;
}

static int open_file(struct sink *sink, const char *path, struct failure *reterr_failure)
{
	struct stat status;

	/* Not blocking: a terminal that takes no more costs lines, and never stops the loop. */
	sink->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
			FILE_MODE);
	if (sink->fd < 0 && errno == ENOENT)
		return failure_set(
			reterr_failure, OUTCOME_FAILED, -ENOENT,
			"Sink=file:%s cannot be opened: its folder is missing; make it first",
			path);
	if (sink->fd < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -errno,
					 "Sink=file:%s cannot be opened", path);
	if (fstat(sink->fd, &status) < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -errno,
					 "Sink=file:%s cannot be looked at", path);
	if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode))
		return failure_set(reterr_failure, OUTCOME_FAILED, -EINVAL,
				   "Sink=file:%s is no regular file; name one, or a path where "
				   "one can be made",
				   path);
	sink->torn = S_ISREG(status.st_mode) && !ends_in_newline(sink->fd, status.st_size);
	end_torn_line(sink);
	return 0;
}

static void sink_free_pointer(struct sink **sink)
{
	sink_free(*sink);
}

int sink_new(const struct unit_events *events, struct sink **ret, struct failure *reterr_failure)
{
	CLEANUP(sink_free_pointer) struct sink *sink = calloc(1, sizeof(*sink));
	int err;

	if (!sink)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -ENOMEM, "Sink=");
	sink->fd = -1;
	if (events->sink == SINK_FILE) {
		sink->room = BUFFER_SIZE;
		sink->buffer = malloc(sink->room);
		if (!sink->buffer)
			return failure_set_errno(reterr_failure, OUTCOME_FAILED, -ENOMEM, "Sink=");
		err = open_file(sink, events->sink_path, reterr_failure);
		if (err)
			return err;
	}
	*ret = TAKE_PTR(sink);
	return 0;
}

struct sink *sink_free(struct sink *sink)
{
	if (!sink)
		return NULL;
	sink_flush(sink);
	close_and_forget(&sink->fd);
	free(sink->buffer);
	free(sink);
	return NULL;
}

/* ---- writing -------------------------------------------------------------------------------- */

static uint64_t lines_in(const char *text, const char *end)
{
	uint64_t lines = 0;

	for (; (text = memchr(text, '\n', end - text)); text++)
		lines++;
	return lines;
}

/* Writes as much as goes, and leaves *next at the first byte that did not. */
static int write_from(int fd, const char **next, const char *end)
{
	while (*next < end) {
		ssize_t put = write(fd, *next, end - *next);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		*next += put;
	}
	return 0;
}

static void write_buffer(struct sink *sink)
{
	const char *next = sink->buffer, *end = sink->buffer + sink->used;
	int err;

	if (sink->used == 0)
		return;
	sink->used = 0;
	err = end_torn_line(sink);
	if (!err) {
		err = write_from(sink->fd, &next, end);
		sink->torn = next > sink->buffer && next[-1] != '\n';
		/* A line that lacks nothing but its newline will get it as a torn one. */
		if (sink->torn && next < end && *next == '\n')
			next++;
	}
	sink->lost += lines_in(next, end);
	sink->error = err;
}

static int grow(struct sink *sink, size_t size)
{
	char *larger = realloc(sink->buffer, size);

	if (!larger)
		return -ENOMEM;
	sink->buffer = larger;
	sink->room = size;
	return 0;
}

bool sink_wants_lines(const struct sink *sink)
{
	return sink->fd >= 0;
}

char *sink_room(struct sink *sink, size_t size)
{
	if (!sink_wants_lines(sink))
		return NULL;
	size++; /* the newline */
	if (sink->room - sink->used < size)
		write_buffer(sink);
	if (sink->room < size && grow(sink, size) < 0) {
		sink->lost++;
		sink->error = -ENOMEM;
		return NULL;
	}
	return sink->buffer + sink->used;
}

void sink_put(struct sink *sink, size_t length)
{
	sink->used += length;
	sink->buffer[sink->used++] = '\n';
}

uint64_t sink_flush(struct sink *sink)
{
	uint64_t lost;

	write_buffer(sink);
	lost = sink->lost;
	sink->lost = 0;
	return lost;
}

int sink_error(const struct sink *sink)
{
	return sink->error;
}
