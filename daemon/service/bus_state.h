/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the bus and its methods share; private to service/. */
#pragma once

#include "daemon/service/bus.h"
#include "daemon/service/client.h"
#include "lib/sparing.h"

struct bus {
	struct units *units;
	struct daemon_reload *reload;
	struct collector *collector;
	const char *runtime_directory;
	int listen_fd;
	sd_event_source *source;
	int spare_fd; /* given up for a moment to turn a client away where no other is left */
	struct client *clients; /* the newest first */
	size_t client_count;	/* those that are served */
	size_t refused_count;
	struct sparing turned_away, dropped; /* lines in the log */
	uint64_t since_usec;		     /* CLOCK_REALTIME */
};
