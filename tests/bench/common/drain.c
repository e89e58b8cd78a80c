/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/common/drain.h"

#include "tests/bench/common/figures.h"

/* Bytes that a record takes, with what the kernel adds, in a ring and in a perf buffer. */
static size_t stride_of(enum reader_kind kind, uint32_t length)
{
	/* perf: an event header of 8 bytes and 4 bytes of length; both are filled up to 8. */
	return kind == READER_PERF ? (8 + 4 + length + 7) / 8 * 8 : (8 + length + 7) / 8 * 8;
}

/* As many whole runs as there is room for. */
static uint32_t runs_of(const struct drain *drain)
{
	return (uint32_t)((drain->ring_size - 4096) / stride_of(drain->kind, drain->length) /
			  POUR_PER_RUN);
}

struct drain_times drain_run(const struct drain *drain)
{
	uint32_t runs = runs_of(drain);
	uint64_t records = (uint64_t)runs * POUR_PER_RUN, before = reader_count(drain->reader);
	uint64_t wall, cpu;

	pourer_pour(drain->pourer, drain->kind == READER_PERF, runs);
	wall = clock_nsec(CLOCK_MONOTONIC);
	cpu = clock_nsec(CLOCK_THREAD_CPUTIME_ID);
	reader_drain(drain->reader);
	cpu = clock_nsec(CLOCK_THREAD_CPUTIME_ID) - cpu;
	wall = clock_nsec(CLOCK_MONOTONIC) - wall;
	if (reader_count(drain->reader) - before != records)
		bench_fail("%s read %lu records of %u bytes where %lu were written",
			   reader_name(drain->kind), reader_count(drain->reader) - before,
			   drain->length, records);
	return (struct drain_times){.records = records,
				    .cpu = (double)cpu / (double)records,
				    .wall = (double)wall / (double)records};
}
