/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole files. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Reads from the descriptor's present position to its end. *ret is NUL-terminated and the caller's
 * to free; *ret_length leaves the NUL out. -EFBIG as soon as more than `max` bytes have come.
 */
int file_read_all(int fd, size_t max, char **ret, size_t *ret_length);

/* The same of the file at `path`. */
int file_read_path(const char *path, size_t max, char **ret, size_t *ret_length);

/* A file that holds one number, and may end its line. -EINVAL, -ERANGE and errors of open(2). */
int file_read_number(const char *path, uint64_t *ret);

/*
 * Makes the file anew, of mode 0600, writes all of it and waits until the disk has it. 0 or a
 * negative errno; a file that could not be written whole is removed again.
 */
int file_write_durably(const char *path, const void *data, size_t length);

/* The same in place of `path`, by a rename from PATH.new: readers see the old text or the new. */
int file_replace(const char *path, const void *data, size_t length);

/* rename(2), on the disk when it returns. */
int file_rename_durably(const char *from, const char *to);

/* Writes all of it, over short writes and EINTR. 0 or a negative errno. */
int file_write_all(int fd, const void *data, size_t length);
