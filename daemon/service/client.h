/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One connected client. */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/service/peer.h"

struct bus;

struct client {
	struct client *next;
	struct bus *bus;
	struct peer peer;
	sd_bus *connection;
};
