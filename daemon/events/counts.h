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

/*
 * The same, summed over all hooks, for each possible CPU by itself: *ret is an array of *ret_cpus,
 * the caller's to free.
 */
int counts_read_cpus(int map_fd, struct ebpfd_counts **ret, unsigned *ret_cpus);

/* Adds each counter of `counts` to that of `sum`. */
void counts_add(struct ebpfd_counts *sum, const struct ebpfd_counts *counts);
