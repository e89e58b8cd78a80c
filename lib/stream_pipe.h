/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pipe for a stream of lines to a client. */
#pragma once

#include <stddef.h>

/*
 * The reader's end blocks, as readers expect; the writer's does not. The kernel holds up to `size`
 * bytes if it lets us have so many. Both descriptors are the caller's. Negative errno.
 */
int stream_pipe(size_t size, int *ret_reader_fd, int *ret_writer_fd);
