/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where metrics are asked for: a socket of the service manager, or Listen= of [Metrics]. */
#pragma once

#include "config/daemon_file.h"
#include "daemon/service/fd_store.h"

/* FileDescriptorName= of ebpfd-metrics.socket. */
#define METRICS_FD_NAME "metrics"

/*
 * A nonblocking socket that listens, the caller's. What was passed comes before what the settings
 * say, since the service itself may be kept from IP. -ENOENT: neither wants metrics. The failure
 * says why there is none else.
 */
int metrics_socket_open(const struct daemon_file *settings, struct fd_store *store, int *ret_fd,
			struct failure *reterr_failure);
