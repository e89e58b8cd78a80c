/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/maps/dump_stream.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/maps/dump.h"
#include "daemon/maps/walk.h"
#include "lib/cleanup.h"
#include "lib/clock.h"
#include "lib/str.h"

#define LAST_LINE_MAX 256

struct stream {
	struct open_map *map;
	int pipe_fd, stop_fd;
	uint64_t patience_usec;
	char *buffer; /* of DUMP_PIECE bytes and one line */
	size_t length;
	uint64_t entries;
};

/* 0: there is room; -EPIPE: the reader has left; -ECANCELED; -ETIMEDOUT. */
static int wait_for_room(const struct stream *stream, uint64_t deadline_usec)
{
	struct pollfd fds[] = {{.fd = stream->pipe_fd, .events = POLLOUT},
			       {.fd = stream->stop_fd, .events = POLLIN}};
	uint64_t now = clock_now_usec(CLOCK_MONOTONIC);

	if (now >= deadline_usec)
		return -ETIMEDOUT;
	if (poll(fds, 2, (int)((deadline_usec - now) / 1000) + 1) < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[1].revents)
		return -ECANCELED;
	return fds[0].revents & POLLERR ? -EPIPE : 0;
}

/* The reader has so long for all of it. */
static int write_piece(struct stream *stream)
{
	uint64_t deadline = clock_now_usec(CLOCK_MONOTONIC) + stream->patience_usec;
	size_t done = 0;

	while (done < stream->length) {
		int err = wait_for_room(stream, deadline);
		ssize_t put;

		if (err)
			return err;
		put = write(stream->pipe_fd, stream->buffer + done, stream->length - done);
		if (put < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		done += put > 0 ? (size_t)put : 0;
	}
	stream->length = 0;
	return 0;
}

static int put_entry(struct stream *stream, const char *key, const char *value)
{
	struct open_map *map = stream->map;

	open_map_fill_record(map, key, value);
	stream->length += open_map_line(map, stream->buffer + stream->length);
	stream->buffer[stream->length++] = '\n';
	stream->entries++;
	return stream->length >= DUMP_PIECE ? write_piece(stream) : 0;
}

static int put_run(struct stream *stream, const struct walk_run *run)
{
	const struct open_map *map = stream->map;
	int err = 0;

	for (uint32_t i = 0; !err && i < run->count; i++)
		err = put_entry(stream, run->keys + (size_t)i * map->entry.key.size,
				run->values + i * open_map_value_bytes(map));
	return err;
}

static int put_last(struct stream *stream, bool complete, int kernel_err)
{
	char error[64] = "", *at = stream->buffer + stream->length;

	if (kernel_err)
		(void)str_format(error, sizeof(error), ",\"error\":\"%s\"", strerror(-kernel_err));
	(void)str_format(at, LAST_LINE_MAX,
			 "{\"end\":{\"entries\":%" PRIu64 ",\"complete\":%s%s}}\n", stream->entries,
			 complete ? "true" : "false", error);
	stream->length += strlen(at);
	return write_piece(stream);
}

static int put_all(struct stream *stream, struct walk *walk)
{
	struct walk_run run;
	int more, err = 0;

	while (!err && (more = walk_next(walk, &run)) > 0)
		err = put_run(stream, &run);
	if (err)
		return err;
	return put_last(stream, more == 0 && !walk_gave_up(walk), more);
}

static void free_walk(struct walk **walk)
{
	walk_free(*walk);
}

void dump_stream(struct open_map *map, int pipe_fd, int stop_fd, uint64_t patience_usec)
{
	CLEANUP(free_walk) struct walk *walk = NULL;
	cleanup_free char *buffer = malloc(DUMP_PIECE + LAST_LINE_MAX + open_map_line_max(map) + 1);
	struct stream stream = {.map = map,
				.pipe_fd = pipe_fd,
				.stop_fd = stop_fd,
				.patience_usec = patience_usec,
				.buffer = buffer};

	if (buffer && walk_new(map, &walk) == 0)
		(void)put_all(&stream, walk);
}
