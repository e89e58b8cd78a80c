/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines appended to a file. For sink.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/outcome.h"

struct sink_file {
	int fd; /* -1: not open */
	bool is_regular;
	bool torn; /* its last line lacks its newline */
};

#define SINK_FILE_INIT ((struct sink_file){.fd = -1})

/*
 * Opens the file for appending, and makes it with mode 0640 if it is new. A last line without a
 * newline, as a kill in the middle of a write leaves it, gets one. -EINVAL for what is neither a
 * regular file nor a character device; a full disk is no error here. Never waits.
 */
int sink_file_open(const char *path, struct sink_file *ret, struct failure *reterr_failure);
/* Idempotent. */
void sink_file_close(struct sink_file *file);

/*
 * Writes whole lines. Returns the number of those that could not be written, with the cause in
 * *ret_error (negative; 0: all were). A line that was written in part is taken back, or where that
 * is impossible gets its newline before the next one.
 */
uint64_t sink_file_write(struct sink_file *file, const char *lines, size_t length, int *ret_error);
