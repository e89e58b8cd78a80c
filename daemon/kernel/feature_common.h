/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the probes have in common. */
#pragma once

#include <stdbool.h>
#include <unistd.h>

/* Name of all that probes load and make. */
#define FEATURE_PROGRAM "ebpfd_feature"

/* What a call that had to succeed says. Its descriptor is closed. */
static inline bool feature_from_fd(int fd)
{
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}
