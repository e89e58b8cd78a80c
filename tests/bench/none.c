/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * none ROUNDS: how fast a stream without a sink drains full rings of records of 64 bytes, and
 * libbpf side by side with it. Prints "TO-BARE WALL-NS": the median of the rounds' ratios of
 * throughput, and that of nanoseconds a record of the stream by the clock on the wall.
 */
#include <stdlib.h>

#include "tests/bench/common/drain.h"
#include "tests/bench/common/figures.h"

#define RING_SIZE (64U * 1024 * 1024)

static struct drain make_drain(const struct pourer *pourer, enum reader_kind kind)
{
	const struct reader_settings settings = {
		.kind = kind, .pourer = pourer, .length = sizeof(struct pour_64)};

	return (struct drain){.pourer = pourer,
			      .reader = reader_new(&settings),
			      .kind = kind,
			      .ring_size = RING_SIZE,
			      .length = sizeof(struct pour_64)};
}

int main(int argc, char **argv)
{
	size_t rounds = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	double *ratios = calloc(rounds, sizeof(*ratios)), *walls = calloc(rounds, sizeof(*walls));
	struct drain bare, none;
	struct pourer pourer;

	if (rounds == 0 || !ratios || !walls)
		bench_fail("usage: none ROUNDS");
	cpu_keep_to(0);
	pourer_set_up(RING_SIZE, &pourer);
	pourer.orders->length = sizeof(struct pour_64);
	bare = make_drain(&pourer, READER_BARE);
	none = make_drain(&pourer, READER_NONE);
	(void)drain_run(&bare); /* warms up */
	(void)drain_run(&none);
	for (size_t i = 0; i < rounds; i++) {
		struct drain_times by_libbpf = drain_run(&bare), by_stream = drain_run(&none);

		ratios[i] = by_libbpf.cpu / by_stream.cpu;
		walls[i] = by_stream.wall;
	}
	(void)printf("%.4f %.3f\n", median_of(ratios, rounds), median_of(walls, rounds));
	reader_free(bare.reader);
	reader_free(none.reader);
	pourer_take_down(&pourer);
	free(ratios);
	free(walls);
	return 0;
}
