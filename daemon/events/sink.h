/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the lines of an [Events] section go. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/unit_file.h"
#include "lib/outcome.h"

struct sink;

/*
 * Opens the sink of an [Events] section. A file is appended to, made with mode 0640 if new; if its
 * last line is torn (a kill in the middle of a write), it is ended with a newline first. -EINVAL
 * for a path that is neither a regular file nor a character device; a full disk is no error here.
 */
int sink_new(const struct unit_events *events, struct sink **ret, struct failure *reterr_failure);
/* Accepts NULL; returns NULL. Flushes. */
struct sink *sink_free(struct sink *sink);

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

/* The error of the last write, negative; 0 if it went well. */
int sink_error(const struct sink *sink);
