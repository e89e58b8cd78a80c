/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/maps/dump.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/maps/dump_stream.h"
#include "lib/cleanup.h"
#include "lib/stream_pipe.h"
#include "lib/thread.h"

#define PIPE_SIZE (1024 * 1024)

struct dump {
	struct dump *next;
	struct dumps *dumps;
	pthread_t thread;
	struct open_map *map;
	int pipe_fd;
	atomic_bool has_ended;
};

struct dumps {
	struct dump *first;
	size_t count;
	int stop_fd;  /* eventfd that becomes readable for all threads */
	int ended_fd; /* eventfd: a thread has ended */
	sd_event_source *source;
};

/* ---- on the thread -------------------------------------------------------------------------- */

static void tell(int eventfd_fd)
{
	uint64_t one = 1;

	(void)!write(eventfd_fd, &one, sizeof(one));
}

static void *run(void *data)
{
	struct dump *dump = data;

	dump_stream(dump->map, dump->pipe_fd, dump->dumps->stop_fd, DUMP_PATIENCE_USEC);
	/* Here, so that the reader sees its end at once. */
	close_and_forget(&dump->pipe_fd);
	atomic_store(&dump->has_ended, true);
	tell(dump->dumps->ended_fd);
	return NULL;
}

/* ---- on the loop ---------------------------------------------------------------------------- */

static void dump_free(struct dump *dump)
{
	open_map_free(dump->map);
	close_and_forget(&dump->pipe_fd);
	free(dump);
}

/* Those that have ended; or all, which is waited for. */
static void collect(struct dumps *dumps, bool all)
{
	struct dump **place = &dumps->first;

	while (*place) {
		struct dump *dump = *place;

		if (!all && !atomic_load(&dump->has_ended)) {
			place = &dump->next;
			continue;
		}
		*place = dump->next;
		pthread_join(dump->thread, NULL);
		dump_free(dump);
		dumps->count--;
	}
}

size_t dumps_count(const struct dumps *dumps)
{
	return dumps->count;
}

static int on_ended(sd_event_source *source, int fd, uint32_t events, void *data)
{
	uint64_t count;

	(void)source;
	(void)events;
	(void)!read(fd, &count, sizeof(count));
	collect(data, /* all= */ false);
	return 0;
}

int dumps_new(sd_event *event, struct dumps **ret)
{
	struct dumps *dumps = calloc(1, sizeof(*dumps));
	int err;

	if (!dumps)
		return -ENOMEM;
	dumps->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	dumps->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = dumps->stop_fd < 0 || dumps->ended_fd < 0
		      ? -errno
		      : sd_event_add_io(event, &dumps->source, dumps->ended_fd, EPOLLIN, on_ended,
					dumps);
	if (err < 0) {
		dumps_free(dumps);
		return err;
	}
	*ret = dumps;
	return 0;
}

struct dumps *dumps_free(struct dumps *dumps)
{
	if (!dumps)
		return NULL;
	tell(dumps->stop_fd);
	collect(dumps, /* all= */ true);
	sd_event_source_disable_unref(dumps->source);
	close_and_forget(&dumps->stop_fd);
	close_and_forget(&dumps->ended_fd);
	free(dumps);
	return NULL;
}

/* ---- the beginning -------------------------------------------------------------------------- */

static int start(struct dump *dump, int *ret_fd)
{
	cleanup_close int reader_fd = -1;
	int err = stream_pipe(PIPE_SIZE, &reader_fd, &dump->pipe_fd);

	if (!err)
		err = thread_start(&dump->thread, run, dump);
	if (err)
		return err;
	*ret_fd = TAKE_FD(reader_fd);
	return 0;
}

int dumps_begin(struct dumps *dumps, struct open_map *map, int *ret_fd,
		struct failure *reterr_failure)
{
	struct dump *dump = dumps->count < DUMPS_MAX ? calloc(1, sizeof(*dump)) : NULL;
	int err = -ENOMEM;

	if (dump) {
		*dump = (struct dump){.dumps = dumps, .map = map, .pipe_fd = -1};
		err = start(dump, ret_fd);
		if (err)
			dump_free(dump);
	} else {
		open_map_free(map);
	}
	if (dumps->count == DUMPS_MAX)
		return failure_set(reterr_failure, OUTCOME_BUSY, -EBUSY,
				   "%d dumps are under way already; try again when one has ended",
				   DUMPS_MAX);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err, "cannot dump");
	dump->next = dumps->first;
	dumps->first = dump;
	dumps->count++;
	return 0;
}
