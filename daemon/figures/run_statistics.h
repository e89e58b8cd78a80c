/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Has the kernel count runs and their time. It counts those who want that, so others may want it
 * too. Both calls may wait.
 */
#pragma once

#include <stdbool.h>

struct run_statistics {
	int fd; /* while they are counted, else -1 */
};

#define RUN_STATISTICS_INIT ((struct run_statistics){.fd = -1})

/* Begins to count unless that was begun before; returns whether it was. */
bool run_statistics_hold(struct run_statistics *statistics);
/* Idempotent. */
void run_statistics_release(struct run_statistics *statistics);
