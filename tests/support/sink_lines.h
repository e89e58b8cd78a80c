/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a unit has written to the file of its sink. */
#pragma once

#include <jansson.h>
#include <stdint.h>

/*
 * Hands each line to `take`, and returns how many there are. What is no JSON is passed over: a line
 * that is still being written, or was when the daemon was killed.
 */
uint64_t sink_read(const char *path, void (*take)(const json_t *line, void *data), void *data);

/* Waits until there are so many lines, with patience as long as more come. Returns how many. */
uint64_t sink_wait(const char *path, uint64_t lines);
