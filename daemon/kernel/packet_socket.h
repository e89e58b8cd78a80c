/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packet sockets that are there for their filter's sake: the program sees each packet of an
 * interface, as it comes and as it goes, and nobody reads the socket. It lives for as long as
 * somebody has a descriptor of it, and cannot be pinned.
 */
#pragma once

#include "daemon/kernel/anchor.h"

/*
 * A socket whose filter is the program, at the interface of this index in this process's network
 * namespace; one that is down is heard from once it is up. Fills cookie and inode of *anchor. The
 * descriptor, the caller's, or a negative errno with *reterr_failure set.
 */
int packet_socket_open(uint32_t interface, int program_fd, struct anchor *anchor,
		       struct failure *reterr_failure);

/* Reads cookie and inode of a descriptor. -ENOTSOCK: it is no packet socket. */
int packet_socket_identify(int fd, struct anchor *ret);

/*
 * Whether the socket is open, whoever has it, and at its interface: as the kernel lists them for
 * this process's network namespace. 1, 0 or a negative errno.
 */
int packet_socket_is_there(const struct anchor *anchor);

/* Has the program run no more, though others may have the socket open for a while. */
void packet_socket_mute(int fd);
