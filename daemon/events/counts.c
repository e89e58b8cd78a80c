/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/counts.h"

#include <linux/bpf.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/macro.h"

/* The structure is nothing but 64-bit counters, so that one loop adds them all. */
#define COUNTERS (sizeof(struct ebpfd_counts) / sizeof(__u64))
_Static_assert(sizeof(struct ebpfd_counts) % sizeof(__u64) == 0, "only 64-bit counters");

/* What reading the map needs, asked for once. */
struct counts_reader {
	int map_fd;
	unsigned hooks;
	int cpus;
	size_t counters; /* per CPU in the map; may be less or more than ours */
	__u64 *values;
};

static void counts_reader_deinit(struct counts_reader *reader)
{
	free(reader->values);
}

static int counts_reader_init(struct counts_reader *reader, int map_fd)
{
	struct bpf_map_info info = {};
	__u32 length = sizeof(info);
	int err = bpf_obj_get_info_by_fd(map_fd, &info, &length);

	if (err < 0)
		return err;
	if (info.type != BPF_MAP_TYPE_PERCPU_ARRAY || info.key_size != sizeof(__u32) ||
	    info.value_size % sizeof(__u64) != 0)
		return -EINVAL;
	reader->map_fd = map_fd;
	reader->hooks = info.max_entries;
	reader->counters = info.value_size / sizeof(__u64);
	reader->cpus = libbpf_num_possible_cpus();
	if (reader->cpus <= 0)
		return reader->cpus < 0 ? reader->cpus : -EINVAL;
	reader->values = calloc(reader->cpus, info.value_size);
	return reader->values ? 0 : -ENOMEM;
}

/* A hook's counts on all CPUs are then in reader->values. */
static int read_hook(const struct counts_reader *reader, __u32 hook)
{
	return bpf_map_lookup_elem(reader->map_fd, &hook, reader->values) < 0 ? -errno : 0;
}

static void add_cpu(const struct counts_reader *reader, int cpu, struct ebpfd_counts *sum)
{
	size_t known = MIN(reader->counters, COUNTERS);
	__u64 *into = (__u64 *)sum;

	for (size_t i = 0; i < known; i++)
		into[i] += reader->values[cpu * reader->counters + i];
}

void counts_add(struct ebpfd_counts *sum, const struct ebpfd_counts *counts)
{
	const __u64 *from = (const __u64 *)counts;
	__u64 *into = (__u64 *)sum;

	for (size_t i = 0; i < COUNTERS; i++)
		into[i] += from[i];
}

int counts_read(int map_fd, unsigned hook, struct ebpfd_counts *ret)
{
	CLEANUP(counts_reader_deinit) struct counts_reader reader = {};
	struct ebpfd_counts sum = {};
	int err = counts_reader_init(&reader, map_fd);

	if (!err && hook >= reader.hooks)
		err = -EINVAL;
	if (!err)
		err = read_hook(&reader, hook);
	if (err)
		return err;
	for (int cpu = 0; cpu < reader.cpus; cpu++)
		add_cpu(&reader, cpu, &sum);
	*ret = sum;
	return 0;
}

int counts_read_cpus(int map_fd, struct ebpfd_counts **ret, unsigned *ret_cpus)
{
	CLEANUP(counts_reader_deinit) struct counts_reader reader = {};
	cleanup_free struct ebpfd_counts *counts = NULL;
	int err = counts_reader_init(&reader, map_fd);

	if (err)
		return err;
	counts = calloc((size_t)reader.cpus, sizeof(*counts));
	if (!counts)
		return -ENOMEM;
	for (unsigned hook = 0; hook < reader.hooks; hook++) {
		err = read_hook(&reader, hook);
		if (err)
			return err;
		for (int cpu = 0; cpu < reader.cpus; cpu++)
			add_cpu(&reader, cpu, &counts[cpu]);
	}
	*ret = TAKE_PTR(counts);
	*ret_cpus = (unsigned)reader.cpus;
	return 0;
}
