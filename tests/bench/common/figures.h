/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the benchmarks share: clocks, medians, CPUs, and an end with a message. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

/* Says it on stderr, %m being errno's text, and ends the process with status 1. */
void __attribute__((noreturn, format(printf, 1, 2))) bench_fail(const char *format, ...);

/* Whether QUICK=1 asks for the short form. */
bool bench_is_quick(void);

/* Nanoseconds of a clock. */
uint64_t clock_nsec(clockid_t clock);

/* 0 of none. The values keep their order: ratios are made round by round. */
double median_of(const double *values, size_t count);
/* `share` from 0 to 1 of the sorted values: 0.5 is the median, 1 the largest. */
double quantile_of(const double *values, size_t count, double share);

/* Keeps the calling thread on the index-th CPU that the process may use, counted round. */
void cpu_keep_to(unsigned index);
unsigned cpu_count(void);
