/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * events FILE OUTPUT: how fast full rings are drained, and what gets through while producers run.
 * FILE is where the reader that writes a file writes it, OUTPUT gets lines of JSON appended.
 * QUICK=1: fewer rounds, and only what must hold on a busy machine is asserted.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/macro.h"
#include "tests/bench/common/drain.h"
#include "tests/bench/common/figures.h"
#include "tests/bench/common/together.h"

#define RING_SIZE	(64U * 1024 * 1024)
#define RING_SIZE_QUICK (16U * 1024 * 1024)
#define ROUNDS_MAX	9
#define ROUNDS_QUICK	3

#define NONE_AT_LEAST		  0.95
#define DECODE_VS_PRINTF_AT_LEAST 4.0

static const uint32_t lengths[] = {sizeof(struct pour_16), sizeof(struct pour_64),
				   sizeof(struct pour_256), sizeof(struct pour_1024)};
#define HEADLINE 1 /* the length that the last line speaks of */

/* Nanoseconds a record, of each round. */
struct sample {
	double cpu[ROUNDS_MAX];	 /* of the reading thread alone */
	double wall[ROUNDS_MAX]; /* with whatever else the machine did */
	size_t records;
};

struct bench {
	struct pourer pourer;
	const char *file;
	uint32_t ring_size;
	size_t rounds;
	struct sample samples[ARRAY_SIZE(lengths)][READER_KINDS_];
	FILE *output;
};

/* ---- drains --------------------------------------------------------------------------------- */

static struct drain make_drain(const struct bench *bench, enum reader_kind kind, uint32_t length)
{
	const struct reader_settings settings = {.kind = kind,
						 .pourer = &bench->pourer,
						 .length = length,
						 .file = bench->file,
						 .perf_bytes = bench->ring_size};

	return (struct drain){.pourer = &bench->pourer,
			      .reader = reader_new(&settings),
			      .kind = kind,
			      .ring_size = bench->ring_size,
			      .length = length};
}

static void drain_once(const struct bench *bench, const struct drain *drain, struct sample *sample,
		       size_t round)
{
	struct drain_times times = drain_run(drain);

	if (drain->kind == READER_FILE && truncate(bench->file, 0) < 0)
		bench_fail("cannot empty %s: %m", bench->file);
	if (round == 0)
		return; /* warms up */
	sample->records = times.records;
	sample->cpu[round - 1] = times.cpu;
	sample->wall[round - 1] = times.wall;
}

/* Interleaved, so that whatever slows the machine for a while slows all cases alike. */
static void drain_length(struct bench *bench, uint32_t length, struct sample samples[])
{
	struct drain drains[READER_KINDS_];
	enum reader_kind kind;

	for (kind = 0; kind < READER_KINDS_; kind++)
		drains[kind] = make_drain(bench, kind, length);
	bench->pourer.orders->length = length;
	for (size_t round = 0; round <= bench->rounds; round++)
		for (kind = 0; kind < READER_KINDS_; kind++)
			drain_once(bench, &drains[kind], &samples[kind], round);
	for (kind = 0; kind < READER_KINDS_; kind++)
		reader_free(drains[kind].reader);
}

static void drain_all(struct bench *bench)
{
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		reader_check_lines(&bench->pourer, lengths[i]);
		drain_length(bench, lengths[i], bench->samples[i]);
	}
	if (pourer_count(&bench->pourer).failed)
		bench_fail("there was no room for records that should have had it");
}

/* ---- results -------------------------------------------------------------------------------- */

/* Of throughputs: round by round, so that a slow spell falls on both sides; then the median. */
static double ratio_of(const struct bench *bench, size_t length, enum reader_kind kind,
		       enum reader_kind base)
{
	const struct sample *samples = bench->samples[length];
	double ratios[ROUNDS_MAX];

	for (size_t i = 0; i < bench->rounds; i++)
		ratios[i] = samples[base].cpu[i] / samples[kind].cpu[i];
	return median_of(ratios, bench->rounds);
}

static void print_drain(struct bench *bench, size_t length, enum reader_kind kind)
{
	struct sample *sample = &bench->samples[length][kind];
	double nsec = median_of(sample->cpu, bench->rounds);
	double ratio = ratio_of(bench, length, kind, READER_BARE);
	double wall = median_of(sample->wall, bench->rounds);
	double least = quantile_of(sample->cpu, bench->rounds, 0);
	double most = quantile_of(sample->cpu, bench->rounds, 1);

	(void)printf("%6u  %-8s %9.1f %9.1f - %-9.1f %9.2f %10.0f %8.3f\n", lengths[length],
		     reader_name(kind), nsec, least, most, 1e3 / nsec, lengths[length] / nsec * 1e3,
		     ratio);
	(void)fprintf(bench->output,
		      "{\"table\":\"drain\",\"bytes\":%u,\"case\":\"%s\",\"records\":%zu,"
		      "\"rounds\":%zu,\"cpu_ns\":%.2f,\"cpu_ns_least\":%.2f,\"cpu_ns_most\":%.2f,"
		      "\"wall_ns\":%.2f,\"to_bare\":%.4f}\n",
		      lengths[length], reader_name(kind), sample->records, bench->rounds, nsec,
		      least, most, wall, ratio);
}

static void print_drains(struct bench *bench)
{
	(void)printf("\nDraining a full ring of %u MiB; median of %zu, cases interleaved\n",
		     bench->ring_size >> 20, bench->rounds);
	(void)printf("%6s  %-8s %9s %9s - %-9s %9s %10s %8s\n", "bytes", "case", "ns/record",
		     "least", "most", "M/s", "MB/s", "to bare");
	for (size_t length = 0; length < ARRAY_SIZE(lengths); length++)
		for (enum reader_kind kind = 0; kind < READER_KINDS_; kind++)
			print_drain(bench, length, kind);
}

/* False, and said, where `ratio` is below `least`. */
static bool reaches(const char *what, double ratio, double least)
{
	if (ratio >= least)
		return true;
	(void)fprintf(stderr, "missed: %s is %.3f and must be at least %.2f\n", what, ratio, least);
	return false;
}

static bool all_is_reached(const struct bench *bench, double decode_vs_printf)
{
	bool reached = reaches("decode_vs_printf", decode_vs_printf, DECODE_VS_PRINTF_AT_LEAST);

	for (size_t length = 0; length < ARRAY_SIZE(lengths); length++) {
		char what[32];

		(void)snprintf(what, sizeof(what), "none at %u bytes", lengths[length]);
		if (!reaches(what, ratio_of(bench, length, READER_NONE, READER_BARE),
			     NONE_AT_LEAST))
			reached = false;
	}
	return reached;
}

int main(int argc, char **argv)
{
	bool quick = bench_is_quick();
	struct bench bench = {.file = argv[1],
			      .ring_size = quick ? RING_SIZE_QUICK : RING_SIZE,
			      .rounds = quick ? ROUNDS_QUICK : ROUNDS_MAX};
	double decode_vs_printf;
	bool reached;

	if (argc != 3)
		bench_fail("usage: events FILE OUTPUT");
	bench.output = fopen(argv[2], "ae");
	if (!bench.output)
		bench_fail("cannot write %s: %m", argv[2]);
	cpu_keep_to(0);
	pourer_set_up(bench.ring_size, &bench.pourer);
	drain_all(&bench);
	pourer_take_down(&bench.pourer);
	print_drains(&bench);
	together_run(bench.file, quick, bench.output);

	decode_vs_printf = ratio_of(&bench, HEADLINE, READER_DECODE, READER_PRINTF);
	reached = all_is_reached(&bench, decode_vs_printf);
	(void)fflush(stdout);
	(void)printf("events: none=%.3f decode=%.3f file=%.3f perfbuf=%.3f copy=%.3f "
		     "decode_vs_printf=%.2f\n",
		     ratio_of(&bench, HEADLINE, READER_NONE, READER_BARE),
		     ratio_of(&bench, HEADLINE, READER_DECODE, READER_BARE),
		     ratio_of(&bench, HEADLINE, READER_FILE, READER_BARE),
		     ratio_of(&bench, HEADLINE, READER_PERF, READER_BARE),
		     ratio_of(&bench, HEADLINE, READER_COPY, READER_BARE), decode_vs_printf);
	(void)fclose(bench.output);
	return reached || quick ? 0 : 1;
}
