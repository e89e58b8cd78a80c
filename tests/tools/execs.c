/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * execs CGROUP FOLDER RATE AT_LEAST [COUNT]: moves into the cgroup and executes a program in a
 * child of its own, RATE times a second, until it is told to stop and AT_LEAST are done, or COUNT
 * are. Each time it goes by another name, FOLDER/NUMBER, so that who sees the call can tell which
 * it was. The numbers begin at 1. Prints how many calls of execve(2) succeeded.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"
#include "tests/tools/common/generator.h"

static void fail(const char *what)
{
	(void)fprintf(stderr, "execs: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void join_cgroup(const char *cgroup)
{
	cleanup_close int fd = -1;
	char path[4096];

	(void)str_format(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || file_write_all(fd, "0", 1) < 0)
		fail(path);
}

/* Waits for the end, whatever signals come meanwhile. A bad one is told: executed it was. */
static void reap(pid_t child, uint64_t number)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			fail("waitpid");
	if (status != 0)
		(void)fprintf(stderr, "execs: %" PRIu64 " ended with status %#x\n", number,
			      (unsigned int)status);
}

/* The program itself, which as a child ends at once. False where the call failed. */
static bool execute(const char *folder, uint64_t number)
{
	char self[4096] = {0}, path[4096];
	char *argv[] = {path, NULL}, *environment[] = {NULL};
	pid_t child;
	bool executed;

	(void)str_format(path, sizeof(path), "%s/%" PRIu64, folder, number);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 || symlink(self, path) < 0)
		fail(path);
	/* posix_spawn() fails, and counts nothing, where execve() in the child does. */
	executed = posix_spawn(&child, path, NULL, NULL, argv, environment) == 0;
	if (executed)
		reap(child, number);
	(void)unlink(path);
	return executed;
}

int main(int argc, char **argv)
{
	uint64_t rate, at_least, count, done = 0, number = 0;

	if (argc == 1)
		return 0; /* the child */
	if (argc != 5 && argc != 6) {
		(void)fputs("usage: execs CGROUP FOLDER RATE AT_LEAST [COUNT]\n", stderr);
		return 2;
	}
	rate = generator_number("execs", "RATE", argv[3]);
	at_least = generator_number("execs", "AT_LEAST", argv[4]);
	count = argc == 6 ? generator_number("execs", "COUNT", argv[5]) : 0;
	join_cgroup(argv[1]);
	generator_catch_signals();
	while (generator_goes_on(number, rate, at_least, count))
		done += execute(argv[2], ++number);
	(void)printf("%" PRIu64 "\n", done);
	return 0;
}
