/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another host for a sandbox: a network namespace with the pair's other end, addresses on both, and
 * a server. While it is there, SANDBOX_PEER is there alone.
 */
#pragma once

#include <sys/types.h>

#define NEIGHBOUR_OWN4 "192.0.2.1"
#define NEIGHBOUR_OWN6 "2001:db8::1"
#define NEIGHBOUR_ITS4 "192.0.2.2"
#define NEIGHBOUR_ITS6 "2001:db8::2"
#define NEIGHBOUR_NONE "192.0.2.99" /* nobody has this one */

struct neighbour {
	int network; /* its namespace, or -1 */
	pid_t server;
};

#define NEIGHBOUR_INIT ((struct neighbour){.network = -1})

/*
 * Makes it, and starts its server: a process there that runs `serve`, which closes `ready` when it
 * serves; returns then. Ends the test on an error, with what is there left to neighbour_end().
 */
void neighbour_start(struct neighbour *neighbour, void (*serve)(int ready));

/* Ends the server and the namespace; the pair's other end comes back, up. Idempotent. */
void neighbour_end(struct neighbour *neighbour);
