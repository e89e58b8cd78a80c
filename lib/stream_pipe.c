/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/stream_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/macro.h"

/* What the kernel lets anybody have (/proc/sys/fs/pipe-max-size). */
#define PIPE_SIZE (1024UL * 1024)

int stream_pipe(size_t size, int *ret_reader_fd, int *ret_writer_fd)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	if (fcntl(ends[1], F_SETFL, O_WRONLY | O_NONBLOCK) < 0) {
		int err = -errno;

		close(ends[0]);
		close(ends[1]);
		return err;
	}
	/* Fewer turns for a reader that is fast; refused where somebody has too many pipes. */
	(void)fcntl(ends[1], F_SETPIPE_SZ, (int)MIN(size, PIPE_SIZE));
	*ret_reader_fd = ends[0];
	*ret_writer_fd = ends[1];
	return 0;
}
