/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ownership of locals. Every local that owns something carries one of these attributes and an
 * initialiser (NULL, -1), so that each return path releases it. Ownership leaves the scope only
 * through TAKE_PTR() and TAKE_FD().
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(function) __attribute__((cleanup(function)))

static inline void cleanup_free_pointer(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

#define cleanup_free   CLEANUP(cleanup_free_pointer)
#define cleanup_close  CLEANUP(cleanup_close_fd)
#define cleanup_fclose CLEANUP(cleanup_close_file)

#define TAKE_PTR(pointer)                               \
	({                                              \
		__typeof__(pointer) taken_ = (pointer); \
		(pointer) = NULL;                       \
		taken_;                                 \
	})

#define TAKE_FD(fd)                \
	({                         \
		int taken_ = (fd); \
		(fd) = -1;         \
		taken_;            \
	})

/* Closes a descriptor that a structure owns, and forgets it. Safe on -1. */
static inline void close_and_forget(int *fd)
{
	cleanup_close_fd(fd);
	*fd = -1;
}
