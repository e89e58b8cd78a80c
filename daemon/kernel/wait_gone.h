/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting until the kernel has let go of a program, map or link that nobody holds any more. */
#pragma once

#include <stdint.h>

/* bpf_prog_get_next_id(), bpf_map_get_next_id() or bpf_link_get_next_id(). */
typedef int (*wait_gone_next_fn)(uint32_t start, uint32_t *ret_next);

/*
 * Asks every millisecond, by number: to open the object would hold it. -ETIMEDOUT if it is there
 * still after `patience_usec`. The kernel gives numbers in turn (idr_alloc_cyclic()), so
 * that nobody else has it soon.
 */
int wait_gone(wait_gone_next_fn next, uint32_t id, uint64_t patience_usec);
