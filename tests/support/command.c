/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/command.h"

#include <errno.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/macro.h"

int command_run(const char *name, ...)
{
	const char *arguments[32] = {name};
	size_t count = 1;
	pid_t child;
	int status, err;
	va_list list;

	va_start(list, name);
	do
		arguments[count] = va_arg(list, const char *);
	while (arguments[count++] && count < ARRAY_SIZE(arguments) - 1);
	va_end(list);
	err = posix_spawnp(&child, name, NULL, NULL, (char *const *)arguments, environ);
	if (err)
		return -err;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
