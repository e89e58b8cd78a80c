/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who asked for an operation, as receipts, history and journal say it: {"by": "client", "uid",
 * "pid", "cgroup"} of a client, {"by"} of the daemon itself. New references.
 */
#pragma once

#include <jansson.h>

#include "daemon/service/peer.h"

#define ASKER_START  "start"  /* the daemon starts */
#define ASKER_SIGNAL "signal" /* SIGHUP */
#define ASKER_WATCH  "watch"  /* WatchUnits= */

/*
 * Of the connected socket `fd`, whose other end is `peer`. "cgroup" is that of its process now, or
 * null: a process that is gone has none.
 */
json_t *asker_client(int fd, const struct peer *peer);

/* `why`: ASKER_… */
json_t *asker_daemon(const char *why);
