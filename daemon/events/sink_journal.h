/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines as entries of the system's journal, for sink.c. Fields of an entry:
 *
 *   MESSAGE            the line
 *   PRIORITY           6
 *   SYSLOG_IDENTIFIER  ebpfd
 *   EBPFD_UNIT, EBPFD_GENERATION, EBPFD_TYPE, EBPFD_CPU, EBPFD_TIME_NS, EBPFD_NUMBER, EBPFD_AGAIN
 *                      what each line begins with
 *   EVENT_NAME         for each other member of the line: its name in capitals, with all but
 * letters and digits made '_', cut to 64 bytes. Strings without their quotes and escapes, all else
 * as JSON.
 *
 * Spoken is the journal's native protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL), over a
 * socket of our own: sd_journal_sendv(3) waits where the journal is slow, and says that all is well
 * where there is none.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/events/line_reader.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

struct sink_journal;

/* Connects when there is something to send. -ENOMEM. */
int sink_journal_new(const char *socket_path, struct sink_journal **ret);
/* Accepts NULL. */
void sink_journal_free(struct sink_journal *journal);

/*
 * Sends whole lines that decoder_line() made, an entry each. Returns the number of those that the
 * journal did not take, with the cause in *ret_error (negative; 0: it took all). Where the journal
 * is slow, waits for it up to 10 ms, but not again before it has taken something.
 */
uint64_t sink_journal_write(struct sink_journal *journal, const char *lines, size_t length,
			    int *ret_error);

/* The entry of a line of so many bytes is no longer than this. */
#define JOURNAL_ENTRY_MAX(length) (512 + 4 * (size_t)(length))

/* Writes the entry of one line; returns its length. */
size_t journal_entry(struct line_text line, char *out);
