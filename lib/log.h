/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's and the loader's log: lines on stderr. Under systemd (JOURNAL_STREAM is set) each
 * line carries the `<N>` prefix of sd-daemon(3), elsewhere a word. Functions below service/ and
 * main do not log above debug; one failure makes one line.
 */
#pragma once

#include <syslog.h>

#include "lib/macro.h"

/* Lines less severe than this are dropped. Default LOG_INFO. */
void log_set_level(int level);

void log_line(int level, const char *format, ...) PRINTF_LIKE(2, 3);

#define log_error(...)	 log_line(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...)	 log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)	 log_line(LOG_DEBUG, __VA_ARGS__)
