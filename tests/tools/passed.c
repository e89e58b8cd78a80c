/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * passed [NAME=PID:FD]... -- COMMAND [ARGUMENT]...: runs the command as a service manager does that
 * passes descriptors with names to it: copies of those that other processes have.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/cleanup.h"

#define FIRST 3
#define MANY  64 /* out of the way of those that are passed */

static int copy_of(const char *place)
{
	char *end = NULL;
	long pid = strtol(place, &end, 10);
	cleanup_close int process = (int)syscall(SYS_pidfd_open, pid, 0);
	cleanup_close int fd = -1;

	if (process < 0 || *end != ':')
		return -1;
	fd = (int)syscall(SYS_pidfd_getfd, process, atoi(end + 1), 0);
	return fd < 0 ? -1 : fcntl(fd, F_DUPFD, MANY);
}

int main(int argc, char **argv)
{
	char names[1024] = "", number[16];
	int count = 0, copies[MANY], next = 1;

	for (; next < argc && strcmp(argv[next], "--") != 0; next++) {
		char *equals = strchr(argv[next], '=');

		if (!equals || count == MANY || (copies[count] = copy_of(equals + 1)) < 0) {
			(void)fprintf(stderr, "passed: %s: %s\n", argv[next], strerror(errno));
			return 1;
		}
		*equals = '\0';
		if (count++)
			(void)strncat(names, ":", sizeof(names) - strlen(names) - 1);
		(void)strncat(names, argv[next], sizeof(names) - strlen(names) - 1);
	}
	for (int i = 0; i < count; i++) {
		(void)dup2(copies[i], FIRST + i);
		(void)close(copies[i]);
	}
	(void)snprintf(number, sizeof(number), "%d", count);
	(void)setenv("LISTEN_FDS", number, 1);
	(void)setenv("LISTEN_FDNAMES", names, 1);
	(void)snprintf(number, sizeof(number), "%d", (int)getpid());
	(void)setenv("LISTEN_PID", number, 1);
	if (next + 1 < argc)
		(void)execvp(argv[next + 1], argv + next + 1);
	(void)fprintf(stderr, "passed: cannot run the command: %s\n", strerror(errno));
	return 1;
}
