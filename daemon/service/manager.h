/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Datagrams to the service manager, as sd_notify(3) has them, at the socket of $NOTIFY_SOCKET.
 *
 * Not by sd_notify() itself, which waits for as long as that socket's queue is full
 * (net.unix.max_dgram_qlen): where PID 1 hangs, as in a mount that does not answer, the loop would
 * hang with it, and with the loop every client, ring and watch. Whoever tells something that has to
 * arrive asks whether it did, and tells it again.
 */
#pragma once

#include <stdint.h>

/* The longest that one message waits for room. A manager that is alive makes some sooner. */
#define MANAGER_PATIENCE_USEC 50000

/*
 * Sends one message; with a copy of the descriptor, if `fd` is not -1. 0, also where there is no
 * manager; -EAGAIN: there was no room, it may be told later; or another negative errno. For any
 * thread.
 */
int manager_tell(const char *text, int fd);
