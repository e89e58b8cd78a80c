/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of configuration files. */
#pragma once

#include <stddef.h>

#include "lib/outcome.h"

/* Opens for reading. Passes on the errno of open(2), with the failure set. */
int source_open(const char *path, int *ret_fd, struct failure *reterr_failure);

/*
 * Reads a regular file from its start. *ret is NUL-terminated and the caller's to free. -EINVAL for
 * anything but a regular file and for one of more than `max` bytes; -ENOMEM; errnos of read(2).
 * `path` is for the failure.
 */
int source_read(int fd, const char *path, size_t max, char **ret, size_t *ret_length,
		struct failure *reterr_failure);
