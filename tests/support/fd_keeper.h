/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a service manager does with FDSTORE=1 and FDSTOREREMOVE=1 of sd_notify(3): it keeps copies
 * of descriptors under their names, and passes them to the next daemon.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define FD_KEEPER_MAX 32

struct fd_keeper {
	char path[64]; /* NOTIFY_SOCKET */
	int socket;
	pthread_t reader;
	pthread_mutex_t lock; /* of what follows */
	struct fd_kept {
		char name[64];
		int fd;
	} kept[FD_KEEPER_MAX];
	size_t count;
	unsigned settled;
};

/* Begins to listen at `path`. Ends the test on an error. */
void fd_keeper_start(struct fd_keeper *keeper, const char *path);

/* Waits until all that was sent before is read. */
void fd_keeper_settle(struct fd_keeper *keeper);

/* How many it keeps whose names begin so. */
size_t fd_keeper_count(struct fd_keeper *keeper, const char *prefix);

/* In a child, which has no other thread, before it runs the daemon: it has them from 3 on. */
void fd_keeper_pass(const struct fd_keeper *keeper);

/* Closes all. */
void fd_keeper_end(struct fd_keeper *keeper);
