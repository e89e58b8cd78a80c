/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t child_start(int (*work)(void *data), void *data)
{
	pid_t child;

	/* Or both would print it. */
	fflush(NULL);
	child = fork();
	if (child == 0) {
		/* cmocka: a failed assertion aborts, instead of a jump to the next test. */
		(void)setenv("CMOCKA_TEST_ABORT", "1", 1);
		_exit(work(data) ? EXIT_FAILURE : EXIT_SUCCESS);
	}
	return child < 0 ? -errno : child;
}

int child_wait(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	/* cmocka does not end the line that says what failed. */
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)
		(void)fputc('\n', stderr);
	return status ? -EIO : 0;
}

void child_kill(pid_t *child)
{
	if (*child > 0) {
		(void)kill(*child, SIGKILL);
		(void)child_wait(*child);
	}
	*child = 0;
}
