/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One connection to the control socket. It has CLIENT_SILENCE_USEC for its first method call, then
 * as long as it likes. One that asks and does not read is dropped once CLIENT_ANSWERS_MAX answers
 * wait for it.
 */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/service/peer.h"

#define CLIENT_SILENCE_USEC (UINT64_C(15) * 1000 * 1000)
#define CLIENT_ANSWERS_MAX  256
#define CLIENT_UNREAD_MAX   (128 * 1024) /* bytes in the socket, before answers wait with us */

struct bus;

struct client {
	struct client *next;
	struct bus *bus;
	struct peer peer;
	sd_bus *connection;
	sd_event_source *deadline;
	bool refused; /* over MaxClients=: all its calls are answered so */
	bool called;  /* has made a method call */
};

/* Puts a new client first among those of the bus. Takes the descriptor over, also on failure. */
int client_new(struct bus *bus, int fd, bool refused);

/* Disconnects it and takes it out of the bus. Its operations go on. */
void client_free(struct client *client);
