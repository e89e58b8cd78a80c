/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all units of a daemon share. Made by main, borrowed by everybody. */
#pragma once

#include <systemd/sd-event.h>

#include "config/daemon_file.h"
#include "daemon/kernel/barrier.h"
#include "daemon/kernel/waiter.h"

struct dumps;
struct operation_end;

struct context {
	sd_event *event;
	struct waiter *waiter;
	struct dumps *dumps; /* of maps, under way */
	struct barrier barrier;
	const char *root;	     /* absolute path in bpffs */
	int root_fd;		     /* holds the writers' lock */
	const char *state_directory; /* of the history; NULL: none is kept */
	const char *loader;	     /* path of ebpfd-loader */
	const struct daemon_file *settings;
	const char *settings_path; /* that they were read from, if it was there; as it was given */
	/* Says what happened that nobody asked about: a level of syslog(3), a line. NULL: to
	 * nobody. */
	void (*say)(int level, const char *text);
	/* An operation that may have changed something has ended, well or not. NULL: nobody asks.
	 */
	void (*ended)(void *observer, const struct operation_end *end);
	void *observer;
};
