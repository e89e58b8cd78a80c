/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon's state in a line for people, as `systemctl status ebpfd` shows it. */
#pragma once

#include "daemon/unit/operation.h"

/* With NUL. Longer ones are cut: a service manager refuses datagrams without bound. */
#define STATUS_TEXT_MAX 512
/* So many names of units are written out of each kind; the others are counted. */
#define STATUS_TEXT_NAMES 5

/* What is remembered of the last operation. All zeros: there was none. */
struct status_last {
	char unit[UNIT_DIRECTORY_MAX];
	const char *operation; /* static text */
	uint32_t generation;   /* in force since; 0: none */
	enum outcome outcome;
};

void status_last_set(struct status_last *last, const struct operation_end *end);

/* "3 units, 1 degraded (fw), 1 failed (dns); last reload: fw, generation 2, done" */
void status_text_make(const struct units *units, const struct status_last *last,
		      char ret[STATUS_TEXT_MAX]);
