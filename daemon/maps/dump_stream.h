/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of one dump on their way into its pipe; for a thread of its own. */
#pragma once

#include "daemon/maps/open_map.h"

/*
 * Walks over the map and writes a line for each entry and the last one, until the end, until the
 * reader has not taken a piece of DUMP_PIECE bytes for so long, or until `stop_fd` becomes
 * readable. `pipe_fd` does not block.
 */
void dump_stream(struct open_map *map, int pipe_fd, int stop_fd, uint64_t patience_usec);
