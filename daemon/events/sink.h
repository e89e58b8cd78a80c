/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the lines of an [Events] section go. No sink ever waits for more than a moment. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/unit_file.h"
#include "lib/outcome.h"

struct sink;

/*
 * Opens the sink of an [Events] section. A file is appended to; what can be wrong with it is in
 * sink_file.h. A journal that is absent is no error: it may come later, and what it misses counts
 * as lost.
 */
int sink_new(const struct unit_events *events, struct sink **ret, struct failure *reterr_failure);
/* Accepts NULL; returns NULL. Flushes. */
struct sink *sink_free(struct sink *sink);

/*
 * Who is to hear that a sink loses lines (LOG_WARNING), and that it takes them again (LOG_INFO):
 * one line of text, which begins with `owner` and the sink's name. A minute at least lies between
 * two calls. NULL: nobody. -ENOMEM.
 */
typedef void (*sink_report_fn)(int level, const char *text);
int sink_set_report(struct sink *sink, const char *owner, sink_report_fn report);

/* "none", "journal" or "file:PATH". */
const char *sink_name(const struct sink *sink);

bool sink_wants_lines(const struct sink *sink);

/*
 * Room for one line of up to `size` bytes in the sink's buffer, or NULL if the sink wants no lines
 * (or if there is no memory for one so large: it counts as lost). sink_put() then takes `length`
 * bytes of it as one line and adds the newline.
 */
char *sink_room(struct sink *sink, size_t size);
void sink_put(struct sink *sink, size_t length);

/*
 * Writes what is buffered. Returns the number of lines since the last call that could not be
 * written (full disk, …): they are lost to the sink and the caller counts them as dropped; the
 * error is kept for sink_error().
 */
uint64_t sink_flush(struct sink *sink);

/*
 * Writes what is buffered and opens the file by its path again, as after logrotate has renamed it.
 * If that fails, the sink goes on with the file that it has. No effect on other sinks.
 */
int sink_reopen(struct sink *sink, struct failure *reterr_failure);

/* The error of the last write, negative; 0 if it went well. */
int sink_error(const struct sink *sink);
