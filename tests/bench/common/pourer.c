/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/common/pourer.h"

#include <bpf/bpf.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "lib/cleanup.h"
#include "tests/bench/common/figures.h"
#include "tests/support/build_path.h"

/* Of a frame that nobody looks at: an Ethernet header is the least that the kernel takes. */
#define FRAME_LENGTH 64

static int fd_of(const struct pourer *pourer, const char *map)
{
	return bpf_map__fd(bpf_object__find_map_by_name(pourer->object, map));
}

void pourer_set_up(uint32_t ring_size, struct pourer *ret)
{
	struct pourer pourer = {};
	char path[PATH_MAX];
	void *orders;

	build_path("tests/bench/pour.bpf.o", path, sizeof(path));
	pourer.object = bpf_object__open_file(path, NULL);
	if (!pourer.object)
		bench_fail("cannot open %s: %m", path);
	bpf_map__set_max_entries(bpf_object__find_map_by_name(pourer.object, "ring"), ring_size);
	if (bpf_object__load(pourer.object) < 0)
		bench_fail("cannot load %s: %m", path);
	pourer.ring_fd = fd_of(&pourer, "ring");
	pourer.perf_fd = fd_of(&pourer, "perf");
	pourer.states_fd = fd_of(&pourer, "states");
	orders = mmap(NULL, sizeof(*pourer.orders), PROT_READ | PROT_WRITE, MAP_SHARED,
		      fd_of(&pourer, ".bss"), 0);
	if (orders == MAP_FAILED)
		bench_fail("cannot map the orders: %m");
	pourer.orders = orders;
	*ret = pourer;
}

void pourer_take_down(struct pourer *pourer)
{
	munmap((void *)pourer->orders, sizeof(*pourer->orders));
	bpf_object__close(pourer->object);
}

void pourer_pour(const struct pourer *pourer, bool into_perf, uint32_t runs)
{
	char frame[FRAME_LENGTH] = {};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof(frame),
		    .repeat = (int)runs);
	const struct bpf_program *program = bpf_object__find_program_by_name(
		pourer->object, into_perf ? "pour_perf" : "pour_ring");

	if (bpf_prog_test_run_opts(bpf_program__fd(program), &options) < 0)
		bench_fail("cannot run the program that fills the ring: %m");
}

struct pourer_counts pourer_count(const struct pourer *pourer)
{
	int cpus = libbpf_num_possible_cpus();
	cleanup_free struct pour_state *states = calloc((size_t)cpus, sizeof(*states));
	struct pourer_counts counts = {};
	uint32_t zero = 0;

	if (!states || bpf_map_lookup_elem(pourer->states_fd, &zero, states) < 0)
		bench_fail("cannot read the counts of the programs: %m");
	for (int cpu = 0; cpu < cpus; cpu++) {
		counts.attempted += states[cpu].attempted;
		counts.failed += states[cpu].failed;
	}
	return counts;
}
