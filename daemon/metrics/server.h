/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers GET /metrics. The loop only moves bytes, by libmicrohttpd in its non-blocking way, and
 * gathers; an answer is collected and rendered on the collector's thread, into one buffer that is
 * its connection's. A client that does not read keeps nothing from going on but its own connection,
 * which is closed after a while.
 */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/figures/collector.h"

struct metrics_server;

/* Connections at a time; more wait to be accepted. */
#define METRICS_CONNECTIONS_MAX 16

/* One that does nothing for so long is closed. */
#define METRICS_IDLE_SECONDS 30

/* The descriptor is taken over, also on failure; the collector is borrowed. */
int metrics_server_new(sd_event *event, struct collector *collector, int listen_fd,
		       struct metrics_server **ret);

/* Accepts NULL; returns NULL. The collector must be gone, and with it what it owes answers to. */
struct metrics_server *metrics_server_free(struct metrics_server *server);
