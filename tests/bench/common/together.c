/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/common/together.h"

#include <pthread.h>
#include <unistd.h>

#include "lib/macro.h"
#include "tests/bench/common/figures.h"
#include "tests/bench/common/reader.h"

#define RING_SIZE     (16UL * 1024 * 1024)
#define LENGTH	      ((uint32_t)sizeof(struct pour_64))
#define PRODUCERS_MAX 2
#define ROUNDS_MAX    5
#define RUNS_PER_CALL 64
#define SECONDS	      1.0
#define SECONDS_QUICK 0.3

static const enum reader_kind kinds[] = {READER_BARE, READER_NONE,   READER_DECODE,
					 READER_FILE, READER_PRINTF, READER_PERF};

struct producer {
	pthread_t thread;
	const struct pourer *pourer;
	bool into_perf;
	unsigned cpu;
	uint64_t end;
};

/* What one row shows, of each round. */
struct flow {
	double attempted[ROUNDS_MAX]; /* million records a second */
	double read[ROUNDS_MAX];
	double dropped[ROUNDS_MAX]; /* of a hundred attempted */
};

/*
 * Producers end by the clock, not by the reader's word: ring_buffer__poll() does not return as long
 * as they are faster than its callback.
 */
static void *produce(void *data)
{
	const struct producer *producer = data;

	cpu_keep_to(producer->cpu);
	while (clock_nsec(CLOCK_MONOTONIC) < producer->end)
		pourer_pour(producer->pourer, producer->into_perf, RUNS_PER_CALL);
	return NULL;
}

/* The reader has the first CPU; producers begin at the second, and share when they run out. */
static void start_producers(struct producer *producers, size_t count, const struct pourer *pourer,
			    bool into_perf, uint64_t end)
{
	for (size_t i = 0; i < count; i++) {
		producers[i] = (struct producer){.pourer = pourer,
						 .into_perf = into_perf,
						 .cpu = (unsigned)i + 1,
						 .end = end};
		if (pthread_create(&producers[i].thread, NULL, produce, &producers[i]) != 0)
			bench_fail("cannot start a producer");
	}
}

/* Returns the seconds that it took. */
static double flow_for(struct reader *reader, const struct pourer *pourer, size_t producer_count,
		       bool into_perf, double seconds)
{
	struct producer producers[PRODUCERS_MAX];
	uint64_t begin = clock_nsec(CLOCK_MONOTONIC), end = begin + (uint64_t)(seconds * 1e9);

	start_producers(producers, producer_count, pourer, into_perf, end);
	while (clock_nsec(CLOCK_MONOTONIC) < end)
		reader_turn(reader);
	for (size_t i = 0; i < producer_count; i++)
		pthread_join(producers[i].thread, NULL);
	reader_drain(reader);
	return (double)(clock_nsec(CLOCK_MONOTONIC) - begin) / 1e9;
}

static void run_once(const char *file, enum reader_kind kind, size_t producer_count, double seconds,
		     struct flow *flow, size_t round)
{
	struct reader_settings settings = {
		.kind = kind, .length = LENGTH, .file = file, .perf_bytes = RING_SIZE};
	struct pourer_counts counts;
	struct reader *reader;
	struct pourer pourer;
	uint64_t read;

	pourer_set_up(RING_SIZE, &pourer);
	pourer.orders->length = LENGTH;
	settings.pourer = &pourer;
	reader = reader_new(&settings);
	seconds = flow_for(reader, &pourer, producer_count, kind == READER_PERF, seconds);
	counts = pourer_count(&pourer);
	read = reader_count(reader);
	if (counts.attempted != read + counts.failed)
		bench_fail("%s: %lu were written, %lu of them found no room, and %lu were read",
			   reader_name(kind), counts.attempted, counts.failed, read);
	flow->attempted[round] = (double)counts.attempted / seconds / 1e6;
	flow->read[round] = (double)read / seconds / 1e6;
	flow->dropped[round] = 100.0 * (double)counts.failed / (double)counts.attempted;
	reader_free(reader);
	pourer_take_down(&pourer);
	if (kind == READER_FILE && truncate(file, 0) < 0)
		bench_fail("cannot empty %s: %m", file);
}

static void print_flow(struct flow *flow, enum reader_kind kind, size_t producer_count,
		       size_t rounds, FILE *output)
{
	double attempted = median_of(flow->attempted, rounds);
	double read = median_of(flow->read, rounds), dropped = median_of(flow->dropped, rounds);

	(void)printf("%9zu  %-8s %13.2f %9.2f %9.2f\n", producer_count, reader_name(kind),
		     attempted, read, dropped);
	(void)fprintf(output,
		      "{\"table\":\"together\",\"producers\":%zu,\"case\":\"%s\",\"bytes\":%u,"
		      "\"rounds\":%zu,\"attempted_m_per_s\":%.3f,\"read_m_per_s\":%.3f,"
		      "\"dropped_percent\":%.3f}\n",
		      producer_count, reader_name(kind), LENGTH, rounds, attempted, read, dropped);
}

void together_run(const char *file, bool quick, FILE *output)
{
	size_t rounds = quick ? 1 : ROUNDS_MAX;
	double seconds = quick ? SECONDS_QUICK : SECONDS;

	(void)printf(
		"\nProducers and reader together: records of %u bytes, a ring of %lu MiB, median "
		"of %zu\nreader on the first CPU, producers from the second on, %u CPUs\n",
		LENGTH, RING_SIZE >> 20, rounds, cpu_count());
	(void)printf("%9s  %-8s %13s %9s %9s\n", "producers", "case", "attempted M/s", "read M/s",
		     "dropped %");
	for (size_t count = 1; count <= PRODUCERS_MAX; count++) {
		struct flow flows[ARRAY_SIZE(kinds)] = {};

		for (size_t round = 0; round < rounds; round++)
			for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
				run_once(file, kinds[i], count, seconds, &flows[i], round);
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			print_flow(&flows[i], kinds[i], count, rounds, output);
	}
}
