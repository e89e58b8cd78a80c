/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"

int source_open(const char *path, int *ret_fd, struct failure *reterr_failure)
{
	/* A FIFO in a folder of units must not hold up the daemon. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -errno, "%s", path);
	*ret_fd = fd;
	return 0;
}

int source_read(int fd, const char *path, size_t max, char **ret, size_t *ret_length,
		struct failure *reterr_failure)
{
	struct stat status;
	int err;

	if (fstat(fd, &status) < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -errno, "%s", path);
	if (!S_ISREG(status.st_mode))
		return failure_set(reterr_failure, OUTCOME_FAILED, -EINVAL,
				   "%s: not a regular file", path);
	if (lseek(fd, 0, SEEK_SET) < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -errno, "%s", path);
	err = file_read_all(fd, max, ret, ret_length);
	if (err == -EFBIG)
		return failure_set(reterr_failure, OUTCOME_FAILED, -EINVAL,
				   "%s: the file is larger than %zu bytes", path, max);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err, "%s", path);
	return 0;
}
