/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much memory the kernel accounts for a map or a program: "memlock" of its fdinfo. Before Linux
 * 5.11 that is what was charged; from 6.4 on each kind of map tells what it takes now
 * (kernel/bpf/syscall.c, bpf_map_memory_usage()); in between it is the sizes of all entries, used
 * or not.
 */
#pragma once

#include <stdint.h>

/* Bytes of what is behind the descriptor; 0 if the kernel does not tell. */
uint64_t fd_memory(int fd);

/* Bytes of a map. -ENOENT: there is none of that id any more. */
int map_memory_read(uint32_t map_id, uint64_t *ret);
