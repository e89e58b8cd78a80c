/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another host for a sandbox: a network namespace with the pair's other end, and addresses on both.
 * From then on SANDBOX_PEER is there alone.
 */
#pragma once

#include <sys/types.h>

#define NEIGHBOUR_OWN4 "192.0.2.1"
#define NEIGHBOUR_OWN6 "2001:db8::1"
#define NEIGHBOUR_ITS4 "192.0.2.2"
#define NEIGHBOUR_ITS6 "2001:db8::2"
#define NEIGHBOUR_NONE "192.0.2.99" /* nobody has this one */

/* The namespace, to be closed; with it goes the pair. Ends the test on an error. */
int neighbour_make(void);

/*
 * Starts a process there that runs `serve`, which closes `ready` when it serves; returns then. It
 * ends by a signal, and with the test at the latest.
 */
pid_t neighbour_serve(int neighbour, void (*serve)(int ready));

/* Ends it. Idempotent. */
void neighbour_end_server(pid_t *server);
