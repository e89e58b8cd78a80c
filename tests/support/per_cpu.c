/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/per_cpu.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "tests/unit/expect.h"

/* The kernel's distance from one CPU's value to the next one's (kernel/bpf/hashtab.c). */
static size_t stride_of(size_t size)
{
	return (size + 7) / 8 * 8;
}

static char *read_values(int map, const void *key, size_t size)
{
	char *values = calloc((size_t)libbpf_num_possible_cpus(), stride_of(size));

	assert_non_null(values);
	if (bpf_map_lookup_elem(map, key, values) < 0) {
		free(values);
		fail_msg("the map has no such key: %s", strerror(errno));
	}
	return values;
}

static uint64_t number_at(const char *values, size_t size, size_t offset, unsigned cpu)
{
	uint64_t number;

	memcpy(&number, values + cpu * stride_of(size) + offset, sizeof(number));
	return number;
}

uint64_t per_cpu_sum(int map, const void *key, size_t size, size_t offset)
{
	cleanup_free char *values = read_values(map, key, size);
	uint64_t sum = 0;

	for (int cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++)
		sum += number_at(values, size, offset, (unsigned)cpu);
	return sum;
}

uint64_t per_cpu_of(int map, const void *key, size_t size, size_t offset, unsigned cpu)
{
	cleanup_free char *values = read_values(map, key, size);

	return number_at(values, size, offset, cpu);
}
