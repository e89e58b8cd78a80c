/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is at the other end of a socket, as the kernel says, and what they may do. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct peer {
	pid_t pid; /* at connect(2), as the others */
	uid_t uid;
	gid_t *groups; /* primary and supplementary */
	size_t group_count;
};

/* SO_PEERCRED and SO_PEERGROUPS of a connected Unix socket. */
int peer_read(int fd, struct peer *ret);
/* Idempotent. */
void peer_deinit(struct peer *peer);

/* Whether the peer may change units: root, or a member of `reload_group` (NULL: nobody else). */
bool peer_may_change(const struct peer *peer, const char *reload_group);
