/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log lines that programs look for: in the journal they carry a MESSAGE_ID= and fields, see
 * ebpfd(8), which lists them. Where stderr is not the journal's, or the journal does not take one
 * at once, it is a plain line.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/journal_ids.h"
#include "lib/macro.h"

#define JOURNAL_MESSAGE_NAME(name, id) JOURNAL_MESSAGE_##name,
enum journal_message { JOURNAL_MESSAGES(JOURNAL_MESSAGE_NAME) JOURNAL_MESSAGE_MAX_ };
#undef JOURNAL_MESSAGE_NAME

/* What is NULL, or 0, is left out. */
struct journal_fields {
	const char *unit;      /* EBPFD_UNIT= */
	uint32_t generation;   /* EBPFD_GENERATION= */
	const char *operation; /* EBPFD_OPERATION= */
	const char *result;    /* EBPFD_RESULT=, of outcome_name() */
	const char *others;    /* more NAME=VALUE lines, of receipt_fields() */
	size_t others_length;
};

/* Logs a line of a level of syslog(3); never waits. On the loop, or before it. */
void journal_message(enum journal_message message, int level, const struct journal_fields *fields,
		     const char *format, ...) PRINTF_LIKE(4, 5);
