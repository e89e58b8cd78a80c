/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packet sockets of all units, which this process holds: the daemon, for as long as it lives,
 * and a keeper over its restarts. One table for the process, for the loop and the waiter alike.
 * Which hook a socket is of is said by an anchor that is pinned; the table only has the
 * descriptors.
 */
#pragma once

#include <stdbool.h>

#include "daemon/kernel/anchor.h"
#include "daemon/kernel/place.h"

/* Names of descriptors with the keeper: HELD_SOCKET_PREFIX and the socket's cookie. */
#define HELD_SOCKET_PREFIX "hook-socket-"

/* Whoever has copies of the descriptors for the next daemon. */
struct held_sockets_keeper {
	void (*keep)(const char *name, int fd);
	void (*forget)(const char *name);
};

/* NULL, as at first: nobody keeps any. Borrowed. */
void held_sockets_set_keeper(const struct held_sockets_keeper *keeper);

/* For people, where sockets do not outlive the daemon. */
#define HELD_SOCKET_NOTE "not kept over a restart without systemd"

/*
 * Whether sockets outlive the daemon: whether a service manager that keeps descriptors started this
 * process, or the daemon that this one is a child of.
 */
bool held_sockets_outlive(void);

/* Takes over a socket with its anchor, and gives the keeper a copy. 0 or -ENOMEM. */
int held_sockets_add(const struct anchor *anchor, int fd);

/* The anchor of the one that runs this program, by its id; false: none does. */
bool held_sockets_find(uint32_t program, struct anchor *ret);

/*
 * Mutes and closes an anchor's socket, and has the keeper forget it. May wait for a grace period.
 * Does nothing for one that is not here.
 */
void held_sockets_release(const struct anchor *anchor);

/* ---- at the start ---- */

/*
 * Takes over a descriptor that the keeper passed, until a hook claims it. NULL, or what is wrong
 * with it: then it stays the caller's.
 */
const char *held_sockets_offer(int fd);

/* Claims what the anchors of a unit's places name. */
void held_sockets_claim(const struct unit_pins *pins);

/* Releases what nobody claimed: how many those were. */
size_t held_sockets_drop_unclaimed(void);

/* Closes all, and has the keeper forget nothing. */
void held_sockets_deinit(void);
