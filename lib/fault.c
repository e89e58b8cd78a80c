/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/fault.h"

#ifdef EBPFD_FAULTS

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/str.h"

static bool is_asked_for(const char *operation, const char *step)
{
	static uint64_t passed;
	const char *wanted = getenv("EBPFD_FAULT"), *rest;
	char name[128];
	uint64_t count = 1;

	if (!wanted || str_format(name, sizeof(name), "%s.%s", operation, step) < 0 ||
	    !str_has_prefix(wanted, name, &rest))
		return false;
	if (*rest == ':' && str_to_u64(rest + 1, &count) < 0)
		return false;
	return (*rest == ':' || !*rest) && ++passed == count;
}

void fault_point(const char *operation, const char *step)
{
	if (!is_asked_for(operation, step))
		return;
	if (strcmp(program_invocation_short_name, "ebpfd-loader") == 0)
		(void)kill(getppid(), SIGKILL);
	(void)raise(SIGKILL);
}

#endif
