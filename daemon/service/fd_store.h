/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors with names that the service manager passes at the start: those that it kept for the
 * daemon before, FDSTORE=1 of sd_notify(3), and sockets that it listens at for it,
 * sd_listen_fds_with_names(3). The two cannot be told apart and need not be: whoever claims one
 * looks at what it is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct fd_stored {
	char *name;
	int fd; /* -1: claimed */
};

/* All zeros: nothing was passed. */
struct fd_store {
	struct fd_stored *passed;
	size_t count;
};

/* NULL if the descriptor is what its claimer wants; else what is wrong, static text. */
typedef const char *(*fd_store_flaw_fn)(int fd, const void *data);

/*
 * Takes over what was passed to this process, and the variables of the environment that say so. 0
 * or a negative errno; without a service manager there is nothing.
 */
int fd_store_take(struct fd_store *ret);

/*
 * The first of that name without a flaw, the caller's from now on; -1 if there is none. Others
 * without a flaw are copies of it, and are closed.
 */
int fd_store_claim(struct fd_store *store, const char *name, fd_store_flaw_fn flaw,
		   const void *data);

/* Takes a descriptor over and returns NULL; or what is wrong with it, static text. */
typedef const char *(*fd_store_take_fn)(int fd);

/* Offers all whose names begin with `prefix`. */
void fd_store_claim_all(struct fd_store *store, const char *prefix, fd_store_take_fn take);

/*
 * Closes what nobody claimed, has the service manager forget it, and says so in the log. After all
 * claims, and before the first fd_store_keep(): all of a name are forgotten.
 */
void fd_store_drop_unclaimed(struct fd_store *store);

/* Closes what nobody claimed; the service manager keeps what it has. Idempotent. */
void fd_store_deinit(struct fd_store *store);

/* Has the service manager keep a copy, which the next start is passed. Again is as good as once. */
void fd_store_keep(const char *name, int fd);

/* Has it forget the copies of that name. */
void fd_store_forget(const char *name);
