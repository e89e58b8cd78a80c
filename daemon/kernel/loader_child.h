/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How ebpfd-loader is started, by ebpfd and by ebpfctl, and how its report is read. */
#pragma once

#include <jansson.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/kernel/loader_fds.h"

struct loader_child {
	const char *path;
	char *const *argv;
	/* In the order of enum loader_fd; borrowed. */
	int fds[LOADER_FD_END_ - LOADER_FD_OBJECT];
	uint64_t memory_max; /* bytes of address space; 0: no limit */
};

/*
 * Starts it at low priority, to be killed with this process. Returns its process id, which the
 * caller waits for, or a negative errno. Where exec fails, the child ends with status 127.
 */
pid_t loader_child_start(const struct loader_child *child);

/* A file in memory with this text, read from its start; or a negative errno. */
int loader_child_text(const char *name, const char *text);

/* What the loader wrote; NULL: it wrote no report. The caller's to free. */
json_t *loader_child_report(int report_fd);
