/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of per-CPU maps. Each ends the test where the key is not there. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The number at `offset` of each value of `size` bytes, summed over CPUs. */
uint64_t per_cpu_sum(int map, const void *key, size_t size, size_t offset);

/* The same of one CPU. */
uint64_t per_cpu_of(int map, const void *key, size_t size, size_t offset, unsigned cpu);
