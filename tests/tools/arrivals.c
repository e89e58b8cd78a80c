/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arrivals FILE: follows a sink of JSON lines as it grows, gives its blocks back behind itself, and
 * counts the different values of "sequence". At SIGTERM or SIGINT it reads to the end and prints
 *   received=N duplicated=N again=N
 * duplicated: seen before, in a line that does not say "again".
 */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"

#define CHUNK	  (1024UL * 1024)
#define GIVE_UP	  (16L * 1024 * 1024) /* bytes that are given back at a time */
#define WAIT_USEC 20000

static const char sequence_key[] = "\"sequence\":";
static const char again_key[] = "\"again\":true";

static volatile sig_atomic_t asked_to_stop;

struct arrivals {
	uint64_t received, duplicated, again;
	unsigned char *seen; /* a bit a number */
	uint64_t room;	     /* bytes of it */
};

static void remember_stop(int signal)
{
	(void)signal;
	asked_to_stop = 1;
}

static bool mark_seen(struct arrivals *arrivals, uint64_t number)
{
	unsigned char bit = (unsigned char)(1U << (number & 7));
	bool before;

	if (number / 8 >= arrivals->room) {
		uint64_t room = number / 4 + CHUNK;

		arrivals->seen = realloc(arrivals->seen, room);
		if (!arrivals->seen)
			exit(1);
		memset(arrivals->seen + arrivals->room, 0, room - arrivals->room);
		arrivals->room = room;
	}
	before = arrivals->seen[number / 8] & bit;
	arrivals->seen[number / 8] |= bit;
	return before;
}

static void take_line(struct arrivals *arrivals, const char *line, size_t length)
{
	const char *found = memmem(line, length, sequence_key, sizeof(sequence_key) - 1);
	bool again = memmem(line, length, again_key, sizeof(again_key) - 1);
	bool before;

	if (!found)
		return;
	before = mark_seen(arrivals, strtoull(found + sizeof(sequence_key) - 1, NULL, 10));
	arrivals->received += !before;
	arrivals->again += again;
	arrivals->duplicated += before && !again;
}

/* Takes the whole lines at the beginning of `text`; returns how long they are. */
static size_t take_lines(struct arrivals *arrivals, const char *text, size_t length)
{
	const char *line = text, *end = text + length, *newline;

	while ((newline = memchr(line, '\n', (size_t)(end - line)))) {
		take_line(arrivals, line, (size_t)(newline - line));
		line = newline + 1;
	}
	return (size_t)(line - text);
}

static void follow(struct arrivals *arrivals, int fd, char *text)
{
	off_t given_back = 0, position = 0;
	size_t used = 0;

	for (;;) {
		bool stopping = asked_to_stop;
		ssize_t got = read(fd, text + used, CHUNK - used);
		size_t taken;

		if (got <= 0 && stopping)
			return;
		if (got <= 0) {
			(void)usleep(WAIT_USEC);
			continue;
		}
		used += (size_t)got;
		position += got;
		taken = take_lines(arrivals, text, used);
		used -= taken;
		memmove(text, text + taken, used);
		if (position - given_back >= GIVE_UP) {
			(void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, given_back,
					position - given_back);
			given_back = position;
		}
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = remember_stop};
	cleanup_close int fd = argc == 2 ? open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0640) : -1;
	cleanup_free char *text = malloc(CHUNK);
	struct arrivals arrivals = {0};

	if (fd < 0 || !text) {
		(void)fputs("usage: arrivals FILE\n", stderr);
		return 2;
	}
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	follow(&arrivals, fd, text);
	(void)printf("received=%" PRIu64 " duplicated=%" PRIu64 " again=%" PRIu64 "\n",
		     arrivals.received, arrivals.duplicated, arrivals.again);
	free(arrivals.seen);
	return 0;
}
