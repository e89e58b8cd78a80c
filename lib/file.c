/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/macro.h"
#include "lib/str.h"

#define FIRST_CHUNK 4096
/* Of a file that holds a number, bytes. */
#define NUMBER_TEXT_MAX 64

int file_read_all(int fd, size_t max, char **ret, size_t *ret_length)
{
	cleanup_free char *data = NULL;
	size_t room = 0, length = 0;

	for (;;) {
		ssize_t got;

		if (length + 1 >= room) {
			size_t larger = room ? room * 2 : FIRST_CHUNK;
			char *grown = realloc(data, larger);

			if (!grown)
				return -ENOMEM;
			data = grown;
			room = larger;
		}
		got = read(fd, data + length, room - length - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		length += got;
		if (length > max)
			return -EFBIG;
	}
	data[length] = '\0';
	*ret = TAKE_PTR(data);
	*ret_length = length;
	return 0;
}

int file_read_path(const char *path, size_t max, char **ret, size_t *ret_length)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : file_read_all(fd, max, ret, ret_length);
}

int file_read_number(const char *path, uint64_t *ret)
{
	cleanup_free char *text = NULL;
	size_t length;
	int err = file_read_path(path, NUMBER_TEXT_MAX, &text, &length);

	if (err)
		return err;
	text[strcspn(text, "\n")] = '\0';
	return str_to_u64(text, ret);
}

int file_write_all(int fd, const void *data, size_t length)
{
	const char *next = data;

	while (length > 0) {
		ssize_t put = write(fd, next, length);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		next += put;
		length -= put;
	}
	return 0;
}

int file_write_durably(const char *path, const void *data, size_t length)
{
	cleanup_close int fd = -1;
	int err;

	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = file_write_all(fd, data, length);
	if (!err && fsync(fd) < 0)
		err = -errno;
	if (err)
		(void)unlink(path);
	return err;
}

/* Waits until the disk has the directory that the path is in. */
static int sync_directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char directory[PATH_MAX] = ".";
	cleanup_close int fd = -1;
	int err = 0;

	if (slash)
		err = str_format(directory, sizeof(directory), "%.*s/", (int)(slash - path), path);
	if (err)
		return err;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

int file_rename_durably(const char *from, const char *to)
{
	if (rename(from, to) < 0)
		return -errno;
	return sync_directory_of(to);
}

int file_replace(const char *path, const void *data, size_t length)
{
	char new[PATH_MAX];
	int err = str_format(new, sizeof(new), "%s.new", path);

	if (!err)
		err = file_write_durably(new, data, length);
	if (err)
		return err;
	err = file_rename_durably(new, path);
	if (err)
		(void)unlink(new);
	return err;
}
