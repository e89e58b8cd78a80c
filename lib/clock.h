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
