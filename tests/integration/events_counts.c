/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counters of a generation, read from maps of several shapes. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/events/counts.h"
#include "lib/cleanup.h"

#define HOOKS 4
#define OURS  (sizeof(struct ebpfd_counts) / sizeof(__u64))

static int make_map(size_t counters)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, EBPFD_COUNTS_MAP, sizeof(__u32),
				counters * sizeof(__u64), HOOKS, NULL);

	assert_in_range(fd, 0, INT32_MAX);
	return fd;
}

/* Counter i of each CPU c becomes `base` + i * (c + 1). */
static void fill(int fd, __u32 hook, size_t counters, __u64 base)
{
	int cpus = libbpf_num_possible_cpus();
	cleanup_free __u64 *values = calloc(cpus, counters * sizeof(__u64));

	for (int cpu = 0; cpu < cpus; cpu++)
		for (size_t i = 0; i < counters; i++)
			values[cpu * counters + i] = base + i * (cpu + 1);
	assert_int_equal(bpf_map_update_elem(fd, &hook, values, BPF_ANY), 0);
}

/* The sum over all CPUs of what fill() wrote. */
static __u64 filled(size_t i, __u64 base)
{
	__u64 cpus = libbpf_num_possible_cpus();

	return base * cpus + i * cpus * (cpus + 1) / 2;
}

static void hook_is_summed_over_cpus(void **state)
{
	cleanup_close int fd = make_map(OURS);
	struct ebpfd_counts counts;

	(void)state;
	fill(fd, 1, OURS, 100);
	fill(fd, 2, OURS, 1000);
	assert_int_equal(counts_read(fd, 1, &counts), 0);
	assert_int_equal(counts.attempted, filled(0, 100));
	assert_int_equal(counts.failed, filled(1, 100));
	assert_int_equal(counts.verdict[EBPFD_VERDICTS - 1], filled(OURS - 1, 100));
	assert_int_equal(counts_read(fd, 0, &counts), 0);
	assert_int_equal(counts.attempted, 0);
}

static void all_hooks_are_summed_per_cpu(void **state)
{
	cleanup_close int fd = make_map(OURS);
	cleanup_free struct ebpfd_counts *counts = NULL;
	struct ebpfd_counts sum = {};
	unsigned cpus = 0;

	(void)state;
	fill(fd, 0, OURS, 100);
	fill(fd, HOOKS - 1, OURS, 1000);
	assert_int_equal(counts_read_cpus(fd, &counts, &cpus), 0);
	assert_int_equal(cpus, libbpf_num_possible_cpus());
	for (unsigned cpu = 0; cpu < cpus; cpu++) {
		assert_int_equal(counts[cpu].failed, 1100 + 2 * (cpu + 1));
		counts_add(&sum, &counts[cpu]);
	}
	assert_int_equal(sum.failed, filled(1, 100) + filled(1, 1000));
	assert_int_equal(sum.verdict[EBPFD_VERDICTS - 1],
			 filled(OURS - 1, 100) + filled(OURS - 1, 1000));
}

static void fields_that_an_older_value_lacks_are_zero(void **state)
{
	cleanup_close int fd = make_map(2);
	struct ebpfd_counts counts;

	(void)state;
	memset(&counts, 0xff, sizeof(counts));
	fill(fd, 0, 2, 7);
	assert_int_equal(counts_read(fd, 0, &counts), 0);
	assert_int_equal(counts.failed, filled(1, 7));
	assert_int_equal(counts.number, 0);
	assert_int_equal(counts.verdict[0], 0);
}

static void fields_that_a_newer_value_has_more_are_left_out(void **state)
{
	cleanup_close int fd = make_map(OURS + 3);
	struct ebpfd_counts counts;

	(void)state;
	fill(fd, 0, OURS + 3, 7);
	assert_int_equal(counts_read(fd, 0, &counts), 0);
	assert_int_equal(counts.attempted, filled(0, 7));
	assert_int_equal(counts.verdict[EBPFD_VERDICTS - 1], filled(OURS - 1, 7));
}

static void other_shapes_are_refused(void **state)
{
	cleanup_close int array = bpf_map_create(BPF_MAP_TYPE_ARRAY, "array", 4, 8, 1, NULL);
	cleanup_close int odd = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "odd", 4, 12, 1, NULL);
	cleanup_close int good = make_map(OURS);
	struct ebpfd_counts counts = {.attempted = 3}, *cpus = NULL;
	unsigned count;

	(void)state;
	assert_int_equal(counts_read(array, 0, &counts), -EINVAL);
	assert_int_equal(counts_read_cpus(odd, &cpus, &count), -EINVAL);
	assert_int_equal(counts_read(good, HOOKS, &counts), -EINVAL);
	assert_true(counts_read(-1, 0, &counts) < 0);
	assert_int_equal(counts.attempted, 3);
	assert_null(cpus);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hook_is_summed_over_cpus),
		cmocka_unit_test(all_hooks_are_summed_per_cpu),
		cmocka_unit_test(fields_that_an_older_value_lacks_are_zero),
		cmocka_unit_test(fields_that_a_newer_value_has_more_are_left_out),
		cmocka_unit_test(other_shapes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
