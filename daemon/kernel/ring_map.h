/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The map behind an [Events] section: a ring buffer, or an array of ring buffers, of which each CPU
 * writes to its own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Rings of the map; -EINVAL if it is neither of the two. */
int ring_map_count(int map_fd);

/* A descriptor of its own for one ring, the caller's. -ENOENT where the array has none. */
int ring_map_open(int map_fd, uint32_t number);

/* Bytes of a ring's data; 0 if it cannot be asked. */
uint32_t ring_map_size(int ring_fd);

/* Whether the reader has come to the end; false too for what is no ring, or cannot be asked. */
bool ring_map_is_empty(int ring_fd);
