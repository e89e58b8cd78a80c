/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/common/figures.h"

#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void bench_fail(const char *format, ...)
{
	va_list values;

	(void)fputs("bench: ", stderr);
	va_start(values, format);
	(void)vfprintf(stderr, format, values);
	va_end(values);
	(void)fputc('\n', stderr);
	exit(1);
}

bool bench_is_quick(void)
{
	const char *quick = getenv("QUICK");

	return quick && strcmp(quick, "1") == 0;
}

uint64_t clock_nsec(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

double quantile_of(const double *values, size_t count, double share)
{
	double *sorted, value;

	if (count == 0)
		return 0;
	sorted = malloc(count * sizeof(*sorted));
	if (!sorted)
		bench_fail("no memory for %zu values", count);
	memcpy(sorted, values, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare);
	value = sorted[(size_t)(share * (double)(count - 1) + 0.5)];
	free(sorted);
	return value;
}

double median_of(const double *values, size_t count)
{
	return quantile_of(values, count, 0.5);
}

/* Those of the process at its start, before any thread was kept to one. */
static const cpu_set_t *allowed_cpus(void)
{
	static cpu_set_t allowed;

	if (CPU_COUNT(&allowed) == 0 && sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		bench_fail("cannot read the CPUs");
	return &allowed;
}

unsigned cpu_count(void)
{
	return (unsigned)CPU_COUNT(allowed_cpus());
}

void cpu_keep_to(unsigned index)
{
	const cpu_set_t *allowed = allowed_cpus();
	cpu_set_t one;
	int cpu = -1;

	for (unsigned left = index % cpu_count() + 1; left > 0; left--)
		while (!CPU_ISSET(++cpu, allowed))
			;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (pthread_setaffinity_np(pthread_self(), sizeof(one), &one) != 0)
		bench_fail("cannot keep to CPU %d", cpu);
}
