/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/subscriber.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "daemon/events/audience.h"
#include "lib/cleanup.h"
#include "lib/macro.h"
#include "lib/stream_pipe.h"

#define LOST_LINE_MAX 128
/* How long a subscriber that is ending has for each piece that it reads. */
#define ENDING_USEC	     (30ULL * 1000 * 1000)
#define ENDING_ACCURACY_USEC (1000ULL * 1000)

/* ---- the pipe ------------------------------------------------------------------------------- */

static void wait_for_room(struct subscriber *subscriber, bool wait)
{
	if (subscriber->waits_for_room == wait)
		return;
	subscriber->waits_for_room = wait;
	/* Without EPOLLOUT it still hears that the reader has left: epoll always reports that. */
	(void)sd_event_source_set_io_events(subscriber->writable, wait ? EPOLLOUT : 0);
}

static void write_pipe(struct subscriber *subscriber)
{
	while (subscriber->start < subscriber->end) {
		ssize_t put = write(subscriber->fd, subscriber->buffer + subscriber->start,
				    subscriber->end - subscriber->start);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			subscriber->left |= errno != EAGAIN;
			break;
		}
		subscriber->start += (size_t)put;
	}
	if (subscriber->start == subscriber->end)
		subscriber->start = subscriber->end = 0;
}

static size_t room_of(const struct subscriber *subscriber)
{
	return subscriber->size - (subscriber->end - subscriber->start);
}

/* The caller has seen that there is room. */
static void append(struct subscriber *subscriber, struct line_text line)
{
	if (subscriber->size - subscriber->end < line.length + 1) {
		memmove(subscriber->buffer, subscriber->buffer + subscriber->start,
			subscriber->end - subscriber->start);
		subscriber->end -= subscriber->start;
		subscriber->start = 0;
	}
	memcpy(subscriber->buffer + subscriber->end, line.start, line.length);
	subscriber->end += line.length;
	subscriber->buffer[subscriber->end++] = '\n';
}

/* ---- losses --------------------------------------------------------------------------------- */

/*
 * Tells of a loss before anything else comes. Waits until half of the buffer is free: a reader that
 * is too slow is told of one large gap rather than of many small ones.
 */
static bool tell_loss(struct subscriber *subscriber)
{
	char text[LOST_LINE_MAX];
	int length;

	if (!subscriber->lost_untold)
		return true;
	if (room_of(subscriber) < subscriber->size / 2)
		return false;
	length = snprintf(text, sizeof(text), "{\"lost\":%" PRIu64 ",\"unit\":\"%s\"}",
			  subscriber->lost_untold, subscriber->unit);
	subscriber->lost_untold = 0;
	append(subscriber, (struct line_text){.start = text, .length = (size_t)length});
	return true;
}

void subscriber_lose(struct subscriber *subscriber)
{
	subscriber->lost++;
	subscriber->lost_untold++;
}

/* ---- lines ---------------------------------------------------------------------------------- */

bool subscriber_wants(const struct subscriber *subscriber, uint32_t generation)
{
	return !subscriber->ending && !subscriber->left &&
	       (!subscriber->generation || subscriber->generation == generation);
}

void subscriber_put(struct subscriber *subscriber, struct line_text line)
{
	if (!filters_match(&subscriber->filters, line))
		return;
	if (!tell_loss(subscriber) || room_of(subscriber) < line.length + 1) {
		subscriber_lose(subscriber);
		return;
	}
	append(subscriber, line);
	subscriber->delivered++;
}

void subscriber_flush(struct subscriber *subscriber)
{
	write_pipe(subscriber);
	if (subscriber->lost_untold && tell_loss(subscriber))
		write_pipe(subscriber);
	wait_for_room(subscriber, subscriber->start < subscriber->end);
}

/* ---- life ----------------------------------------------------------------------------------- */

static bool is_over(const struct subscriber *subscriber)
{
	return subscriber->left || (subscriber->ending && subscriber->start == subscriber->end);
}

static int on_writable(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct subscriber *subscriber = data;

	(void)source, (void)fd;
	if (events & EPOLLERR)
		subscriber->left = true;
	else
		subscriber_flush(subscriber);
	if (subscriber->deadline)
		(void)sd_event_source_set_time_relative(subscriber->deadline, ENDING_USEC);
	if (is_over(subscriber))
		audience_remove(subscriber);
	return 0;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *data)
{
	(void)source, (void)usec;
	audience_remove(data);
	return 0;
}

int subscriber_open(struct subscriber *subscriber, sd_event *event, size_t size, int *ret_reader_fd)
{
	cleanup_close int reader_fd = -1;
	int err = stream_pipe(size, &reader_fd, &subscriber->fd);

	if (err)
		return err;
	subscriber->size = MAX(size, (size_t)SUBSCRIBER_BUFFER_MIN);
	subscriber->buffer = malloc(subscriber->size);
	if (!subscriber->buffer)
		return -ENOMEM;
	err = sd_event_add_io(event, &subscriber->writable, subscriber->fd, 0, on_writable,
			      subscriber);
	if (err < 0)
		return err;
	*ret_reader_fd = TAKE_FD(reader_fd);
	return 0;
}

void subscriber_free(struct subscriber *subscriber)
{
	if (!subscriber)
		return;
	sd_event_source_disable_unref(subscriber->writable);
	sd_event_source_disable_unref(subscriber->deadline);
	close_and_forget(&subscriber->fd);
	filters_deinit(&subscriber->filters);
	free(subscriber->buffer);
	free(subscriber);
}

void subscriber_end(struct subscriber *subscriber)
{
	sd_event *event = sd_event_source_get_event(subscriber->writable);

	subscriber->ending = true;
	subscriber_flush(subscriber);
	/* Even one that is at its end goes from the loop, never from within this call. */
	wait_for_room(subscriber, true);
	(void)sd_event_add_time_relative(event, &subscriber->deadline, CLOCK_MONOTONIC, ENDING_USEC,
					 ENDING_ACCURACY_USEC, on_deadline, subscriber);
}
