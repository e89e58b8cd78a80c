/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counters that a generation's programs keep by ebpfd.bpf.h: attempted, failed, verdicts. */
#pragma once

#include <linux/types.h>

#include "bpf/record.h"

/*
 * Sums the per-CPU array `map_fd` (EBPFD_COUNTS_MAP) over CPUs for one hook. Missing trailing
 * fields of an older, smaller value read as 0. -EINVAL if the map is of another shape.
 */
int counts_read(int map_fd, unsigned hook, struct ebpfd_counts *ret);

/* The same, summed over all hooks. */
int counts_read_all(int map_fd, struct ebpfd_counts *ret);
