/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A clock in the unit that the bus uses. */
#pragma once

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_now_usec(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* CLOCK_REALTIME of a time in nanoseconds since boot, which the kernel counts in. */
static inline uint64_t clock_from_boot(uint64_t nsec)
{
	return clock_now_usec(CLOCK_REALTIME) - clock_now_usec(CLOCK_BOOTTIME) + nsec / 1000;
}
