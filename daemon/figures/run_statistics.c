/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/figures/run_statistics.h"

#include "daemon/kernel/run_time.h"
#include "lib/cleanup.h"

bool run_statistics_hold(struct run_statistics *statistics)
{
	bool held = statistics->fd >= 0;

	if (!held)
		statistics->fd = run_time_count();
	return held;
}

void run_statistics_release(struct run_statistics *statistics)
{
	close_and_forget(&statistics->fd);
}
