/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control socket: RUNTIME_DIR/control.sock, mode 0660, group ebpfd where it exists. */
#pragma once

#include "lib/outcome.h"

/*
 * Makes the runtime directory and the listening socket. A socket that nobody answers at is
 * replaced; one that somebody answers at is an error.
 */
int listener_open(const char *runtime_directory, int *ret_fd, struct failure *reterr_failure);
