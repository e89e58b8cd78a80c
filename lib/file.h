/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole files. */
#pragma once

#include <stddef.h>

/*
 * Reads from the descriptor's present position to its end. *ret is NUL-terminated and the caller's
 * to free; *ret_length leaves the NUL out. -EFBIG as soon as more than `max` bytes have come.
 */
int file_read_all(int fd, size_t max, char **ret, size_t *ret_length);

/* Writes all of it, over short writes and EINTR. 0 or a negative errno. */
int file_write_all(int fd, const void *data, size_t length);
