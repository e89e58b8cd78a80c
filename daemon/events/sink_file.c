/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/sink_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/file.h"

#define FILE_MODE 0640

/* ---- opening -------------------------------------------------------------------------------- */

static bool ends_in_newline(int fd, off_t size)
{
	char last;

	return size == 0 || (pread(fd, &last, 1, size - 1) == 1 && last == '\n');
}

/* Ends a torn line. If that fails, the next write tries again. */
static int end_torn_line(struct sink_file *file)
{
	int err;

	if (!file->torn)
		return 0;
	err = file_write_all(file->fd, "\n", 1);
	if (!err)
		file->torn = false;
	return err;
}

static int open_failure(const char *path, int err, struct failure *reterr_failure)
{
	if (err == -ENOENT)
		return failure_set(
			reterr_failure, OUTCOME_FAILED, err,
			"Sink=file:%s cannot be opened: its folder is missing; make it first",
			path);
	return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
				 "Sink=file:%s cannot be opened", path);
}

int sink_file_open(const char *path, struct sink_file *ret, struct failure *reterr_failure)
{
	/* Not blocking: a terminal that takes no more costs lines, and never stops the loop. */
	cleanup_close int fd = open(
		path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, FILE_MODE);
	struct stat status;

	if (fd < 0)
		return open_failure(path, -errno, reterr_failure);
	if (fstat(fd, &status) < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -errno,
					 "Sink=file:%s cannot be looked at", path);
	if (S_ISFIFO(status.st_mode))
		return failure_set(
			reterr_failure, OUTCOME_FAILED, -EINVAL,
			"Sink=file:%s is no regular file but a FIFO, whose lines would be "
			"lost whenever nobody reads; let `ebpfctl events UNIT -f` write "
			"to it",
			path);
	if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode))
		return failure_set(reterr_failure, OUTCOME_FAILED, -EINVAL,
				   "Sink=file:%s is no regular file; name one, or a path where "
				   "one can be made",
				   path);
	*ret = (struct sink_file){.is_regular = S_ISREG(status.st_mode)};
	ret->torn = ret->is_regular && !ends_in_newline(fd, status.st_size);
	ret->fd = TAKE_FD(fd);
	(void)end_torn_line(ret);
	return 0;
}

void sink_file_close(struct sink_file *file)
{
	close_and_forget(&file->fd);
}

/* ---- writing -------------------------------------------------------------------------------- */

static uint64_t lines_in(const char *text, const char *end)
{
	uint64_t lines = 0;

	for (; (text = memchr(text, '\n', (size_t)(end - text))); text++)
		lines++;
	return lines;
}

/* Writes as much as goes, and leaves *next at the first byte that did not. */
static int write_from(int fd, const char **next, const char *end)
{
	while (*next < end) {
		ssize_t put = write(fd, *next, (size_t)(end - *next));

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		*next += put;
	}
	return 0;
}

/* Cuts off the last `length` bytes that were written, if they are still the last of the file. */
static int cut(const struct sink_file *file, size_t length)
{
	off_t position = lseek(file->fd, 0, SEEK_CUR); /* where O_APPEND has put them */
	struct stat status;

	if (position < 0 || fstat(file->fd, &status) < 0)
		return -errno;
	if (status.st_size != position)
		return -EBUSY; /* somebody else writes to it */
	return ftruncate(file->fd, position - (off_t)length) < 0 ? -errno : 0;
}

/* Of the line that was written up to `next`: returns what is lost from. */
static const char *take_back(struct sink_file *file, const char *lines, const char *next)
{
	const char *newline = memrchr(lines, '\n', (size_t)(next - lines));
	const char *begin = newline ? newline + 1 : lines;

	if (begin == next)
		return next;
	if (file->is_regular && cut(file, (size_t)(next - begin)) == 0)
		return begin;
	file->torn = true;
	/* A line that lacks nothing but its newline will get it as a torn one. */
	return *next == '\n' ? next + 1 : next;
}

uint64_t sink_file_write(struct sink_file *file, const char *lines, size_t length, int *ret_error)
{
	const char *next = lines, *end = lines + length;
	int err = end_torn_line(file);

	if (!err) {
		err = write_from(file->fd, &next, end);
		if (err)
			next = take_back(file, lines, next);
	}
	*ret_error = err;
	return lines_in(next, end);
}
