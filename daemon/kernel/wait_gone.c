/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/wait_gone.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#define STEP_USEC 1000

static bool is_there(wait_gone_next_fn next, uint32_t id)
{
	uint32_t found = 0;

	return next(id - 1, &found) == 0 && found == id;
}

int wait_gone(wait_gone_next_fn next, uint32_t id, uint64_t patience_usec)
{
	for (uint64_t waited = 0; waited < patience_usec; waited += STEP_USEC) {
		if (!is_there(next, id))
			return 0;
		usleep(STEP_USEC);
	}
	return is_there(next, id) ? -ETIMEDOUT : 0;
}
