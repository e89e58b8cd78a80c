/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the bus and its methods share; private to service/. */
#pragma once

#include "daemon/service/bus.h"
#include "daemon/service/client.h"

struct bus {
	struct units *units;
	struct daemon_reload *reload;
	const char *runtime_directory;
	int listen_fd;
	sd_event_source *source;
	struct client *clients;
	size_t client_count;
	uint64_t since_usec; /* CLOCK_REALTIME */
};
