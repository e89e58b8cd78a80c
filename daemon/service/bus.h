/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon's side of the bus: clients at the control socket. Names and signatures:
 * lib/bus_names.h. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/unit/unit.h"

struct bus;
struct collector;
struct daemon_reload;

struct bus_settings {
	struct units *units;
	struct daemon_reload *reload; /* borrowed */
	struct collector *collector;  /* borrowed; outlives the bus's questions to it */
	const char *runtime_directory;
	int listen_fd; /* taken over, also on failure */
};

/* Begins to serve on the loop. */
int bus_new(const struct bus_settings *settings, struct bus **ret);

/* Accepts NULL; returns NULL. Clients are disconnected; operations go on. */
struct bus *bus_free(struct bus *bus);
