/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last lines that ebpfd left in the journal, as journalctl(1) would show them. Of events that a
 * sink sent there none is among them: only messages of lib/journal_ids.h and lines of stderr.
 */
#pragma once

#include <stddef.h>
#include <stdio.h>

/*
 * Writes the last `count` messages about the unit, the oldest first: "Nov 30 03:20:17 ebpfd[12]:
 * TEXT". Returns their number, -ENOENT where there is no journal that may be read, or another
 * negative errno.
 */
int journal_tail_of_unit(const char *unit, size_t count, FILE *out);

/* The same of all that the service said, and of what the service manager said about it. */
int journal_tail_of_daemon(size_t count, FILE *out);
