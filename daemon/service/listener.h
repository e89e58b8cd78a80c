/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control socket: RUNTIME_DIR/control.sock, mode 0660, group ebpfd where it exists. */
#pragma once

#include "daemon/service/fd_store.h"
#include "lib/outcome.h"

/* Its name in the fd store, and FileDescriptorName= of ebpfd.socket. */
#define LISTENER_FD_NAME "control"

/*
 * The socket that was passed, if it is the one at that path: clients have waited at it while no
 * daemon was there; its group and mode are left as they are. Else makes the runtime directory and a
 * socket: one that nobody answers at is replaced; one that somebody answers at is an error. It is
 * for root alone where there is no group, which is logged. Either way nonblocking.
 */
int listener_open(const char *runtime_directory, struct fd_store *store, int *ret_fd,
		  struct failure *reterr_failure);
