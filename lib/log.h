/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's and the loader's log: lines on stderr. Where stderr is the journal's (JOURNAL_STREAM
 * of systemd.exec(5) names it) each line carries the `<N>` prefix of sd-daemon(3), elsewhere a
 * word. Functions below service/ and main do not log above debug; one failure makes one line.
 *
 * After log_open() a line never waits for whoever reads: one that is not taken at once, or cannot
 * be written, is lost, and the next that can be is told how many were.
 */
#pragma once

#include <stdbool.h>
#include <syslog.h>

#include "lib/macro.h"

/* Once, before other threads. Whoever else has stderr open sees nothing of it. */
void log_open(void);

/* Lines less severe than this are dropped. Default LOG_INFO. */
void log_set_level(int level);

/* Whether lines of that level are kept. */
bool log_has_level(int level);
/* Whether stderr was the journal's at log_open(). */
bool log_is_journal(void);

void log_line(int level, const char *format, ...) PRINTF_LIKE(2, 3);

#define log_error(...)	 log_line(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...)	 log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)	 log_line(LOG_DEBUG, __VA_ARGS__)
