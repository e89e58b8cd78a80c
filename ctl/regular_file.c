/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/cleanup.h"

int regular_file_open(const char *path, enum outcome outcome, struct failure *reterr_failure)
{
	/* O_NONBLOCK: a FIFO is refused below, and must not make us wait for its writer. */
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return failure_set_errno(reterr_failure, outcome, -errno, "cannot read %s", path);
	if (!S_ISREG(status.st_mode))
		return failure_set(reterr_failure, outcome, -EINVAL,
				   "cannot read %s: it is no regular file", path);
	return TAKE_FD(fd);
}

int regular_file_create(const char *path, enum outcome outcome, struct failure *reterr_failure)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		return failure_set_errno(reterr_failure, outcome, -errno, "cannot write %s", path);
	return fd;
}
