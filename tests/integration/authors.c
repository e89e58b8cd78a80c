/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What bpf/ebpfd.bpf.h promises to authors: heads of records, counts, and that it verifies. */
#include <bpf/btf.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/macro.h"
#include "tests/support/build_path.h"
#include "tests/support/quiet.h"
#include "tests/support/rig.h"
#include "tests/support/skip.h"

#define HOOK 4
#define TYPE 3 /* in authors.bpf.c */

/* Records of 32 bytes and the ring's own 8 in 4096 bytes, less the one that would fill it. */
#define RING_ROOM 102

struct author_event {
	struct ebpfd_record ebpfd;
	uint64_t payload;
};

struct fixture {
	struct bpf_object *object;
	struct ring_buffer *ring;
	int program_fd, counts_fd;
	int cpu; /* that the test is pinned to */

	/* What the ring gave last. */
	struct author_event events[RING_ROOM + 1];
	size_t event_count;
};

struct settings {
	const char *object;
	enum bpf_prog_type type;
	enum bpf_attach_type expected;
	int verdict;
	int discard_every;
	uint16_t hook;
};

#define PLAIN	 "tests/bpf/authors.bpf.o"
#define NUMBERED "tests/bpf/authors_numbers.bpf.o"

static int take(void *data, void *record, size_t size)
{
	struct fixture *fixture = data;

	assert_int_equal(size, sizeof(struct author_event));
	assert_true(fixture->event_count <= RING_ROOM);
	fixture->events[fixture->event_count++] = *(struct author_event *)record;
	return 0;
}

static int load(struct fixture *fixture, const struct settings *settings)
{
	struct bpf_object *object;
	struct bpf_program *program;
	char path[PATH_MAX];
	int err;

	build_path(settings->object, path, sizeof(path));
	object = fixture->object = bpf_object__open_file(path, NULL);
	assert_non_null(object);
	program = bpf_object__find_program_by_name(object, "on_event");
	assert_non_null(program);
	bpf_program__set_type(program, settings->type);
	bpf_program__set_expected_attach_type(program, settings->expected);
	assert_int_equal(rig_set_constant(object, "verdict", &settings->verdict, sizeof(int)), 0);
	assert_int_equal(
		rig_set_constant(object, "discard_every", &settings->discard_every, sizeof(int)),
		0);
	assert_int_equal(rig_set_constant(object, "ebpfd_hook_on_event", &settings->hook,
					  sizeof(settings->hook)),
			 0);
	err = bpf_object__load(object);
	fixture->program_fd = bpf_program__fd(program);
	fixture->counts_fd = bpf_object__find_map_fd_by_name(object, EBPFD_COUNTS_MAP);
	return err;
}

static void load_to_run(struct fixture *fixture, const struct settings *settings)
{
	assert_int_equal(load(fixture, settings), 0);
	fixture->ring = ring_buffer__new(bpf_object__find_map_fd_by_name(fixture->object, "events"),
					 take, fixture, NULL);
	assert_non_null(fixture->ring);
}

static void unload(struct fixture *fixture)
{
	ring_buffer__free(fixture->ring);
	bpf_object__close(fixture->object);
	fixture->ring = NULL;
	fixture->object = NULL;
}

static int pin_to_one_cpu(struct fixture *fixture)
{
	cpu_set_t set;

	fixture->cpu = sched_getcpu();
	CPU_ZERO(&set);
	CPU_SET(fixture->cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	*state = fixture;
	return fixture ? pin_to_one_cpu(fixture) : -ENOMEM;
}

static int tear_down(void **state)
{
	unload(*state);
	free(*state);
	return 0;
}

static void run(const struct fixture *fixture, int times)
{
	unsigned char packet[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = times);

	assert_int_equal(bpf_prog_test_run_opts(fixture->program_fd, &options), 0);
}

static void consume(struct fixture *fixture)
{
	fixture->event_count = 0;
	assert_true(ring_buffer__consume(fixture->ring) >= 0);
}

static struct ebpfd_counts counts_of(const struct fixture *fixture, uint32_t hook)
{
	int cpus = libbpf_num_possible_cpus();
	struct ebpfd_counts *values = calloc((size_t)cpus, sizeof(*values)), counts;

	assert_non_null(values);
	assert_int_equal(bpf_map_lookup_elem(fixture->counts_fd, &hook, values), 0);
	counts = values[fixture->cpu];
	free(values);
	return counts;
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void test_verifies_as_every_type(void **state)
{
	static const struct settings all[] = {
		{PLAIN, BPF_PROG_TYPE_XDP, BPF_XDP, 2, 0, HOOK},
		{PLAIN, BPF_PROG_TYPE_SCHED_CLS, 0, -1, 0, HOOK},
		{PLAIN, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 1, 0, HOOK},
		{PLAIN, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, 1, 0, HOOK},
		{PLAIN, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT, 1, 0, HOOK},
		{PLAIN, BPF_PROG_TYPE_TRACEPOINT, 0, 0, 0, HOOK},
		{PLAIN, BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0, 0, HOOK},
		{PLAIN, BPF_PROG_TYPE_KPROBE, 0, 0, 0, HOOK},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct settings settings = all[i];

		if (libbpf_probe_bpf_prog_type(settings.type, NULL) != 1)
			continue;
		assert_int_equal(load(fixture, &settings), 0);
		unload(fixture);
	}
}

static void test_heads_of_records(void **state)
{
	struct fixture *fixture = *state;
	uint64_t before = now(), after;

	load_to_run(fixture, &(struct settings){PLAIN, BPF_PROG_TYPE_XDP, BPF_XDP, 2, 0, HOOK});
	run(fixture, 3);
	after = now();
	consume(fixture);
	assert_int_equal(fixture->event_count, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct ebpfd_record *record = &fixture->events[i].ebpfd;

		assert_int_equal(record->type, TYPE);
		assert_int_equal(record->hook, HOOK);
		assert_int_equal(record->cpu, fixture->cpu);
		assert_int_equal(record->number, 0);
		assert_in_range(record->time, before, after);
		assert_int_equal(fixture->events[i].payload, i + 1);
		before = record->time;
	}
}

/* Or nobody could tell what is in the records. */
static void test_record_types_are_in_the_object(void **state)
{
	struct fixture *fixture = *state;
	const struct settings settings = {PLAIN, BPF_PROG_TYPE_XDP, BPF_XDP, 2, 0, HOOK};
	const struct btf *btf;

	assert_int_equal(load(fixture, &settings), 0);
	btf = bpf_object__btf(fixture->object);
	assert_true(btf__find_by_name_kind(btf, "author_event", BTF_KIND_STRUCT) > 0);
	assert_true(btf__find_by_name_kind(btf, "ebpfd_record", BTF_KIND_STRUCT) > 0);
}

static void test_losses_are_counted(void **state)
{
	struct fixture *fixture = *state;
	struct ebpfd_counts counts;

	load_to_run(fixture, &(struct settings){PLAIN, BPF_PROG_TYPE_XDP, BPF_XDP, 2, 0, HOOK});
	run(fixture, RING_ROOM);
	assert_int_equal(counts_of(fixture, HOOK).failed, 0);
	run(fixture, 50);
	counts = counts_of(fixture, HOOK);
	assert_int_equal(counts.attempted, RING_ROOM + 50);
	assert_int_equal(counts.failed, 50);
	consume(fixture);
	assert_int_equal(fixture->event_count, counts.attempted - counts.failed);
	/* And only at this hook. */
	assert_int_equal(counts_of(fixture, HOOK + 1).attempted, 0);
}

static void test_discarded_records_are_no_attempts(void **state)
{
	struct fixture *fixture = *state;
	struct ebpfd_counts counts;

	load_to_run(fixture, &(struct settings){PLAIN, BPF_PROG_TYPE_XDP, BPF_XDP, 2, 3, HOOK});
	run(fixture, 90);
	counts = counts_of(fixture, HOOK);
	assert_int_equal(counts.runs, 90);
	assert_int_equal(counts.attempted, 60);
	assert_int_equal(counts.failed, 0);
	consume(fixture);
	assert_int_equal(fixture->event_count, 60);
}

static void test_numbers_have_no_gap(void **state)
{
	const struct settings settings = {NUMBERED, BPF_PROG_TYPE_XDP, BPF_XDP, 2, 3, HOOK};
	struct fixture *fixture = *state;
	int err = load(fixture, &settings);

	unload(fixture);
	/* The plain object loads everywhere: see above. */
	if (err)
		skip_without("atomic fetch-and-add for BPF");
	load_to_run(fixture, &settings);
	/* Through discarded records, and through failed reserves. */
	for (uint64_t round = 0, number = 0; round < 2; round++) {
		run(fixture, 200);
		consume(fixture);
		assert_true(fixture->event_count > 0);
		for (size_t i = 0; i < fixture->event_count; i++)
			assert_int_equal(fixture->events[i].ebpfd.number, ++number);
		assert_int_equal(counts_of(fixture, HOOK).number, number);
	}
}

static void test_verdicts_are_counted(void **state)
{
	static const struct {
		int verdict;
		unsigned place;
	} cases[] = {{0, 0}, {2, 2}, {6, 6}, {7, 7}, {8, 7}, {1000, 7}, {-1, 7}};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ebpfd_counts counts;

		load_to_run(fixture, &(struct settings){PLAIN, BPF_PROG_TYPE_XDP, BPF_XDP,
							cases[i].verdict, 0, HOOK});
		run(fixture, 10);
		counts = counts_of(fixture, HOOK);
		assert_int_equal(counts.runs, 10);
		for (unsigned place = 0; place < EBPFD_VERDICTS; place++)
			assert_int_equal(counts.verdict[place], place == cases[i].place ? 10 : 0);
		unload(fixture);
	}
}

static void test_one_run_in_1024_is_timed(void **state)
{
	struct fixture *fixture = *state;
	uint64_t start = now(), elapsed;
	struct ebpfd_counts counts;

	load_to_run(fixture, &(struct settings){PLAIN, BPF_PROG_TYPE_XDP, BPF_XDP, 2, 0, HOOK});
	run(fixture, 1);
	assert_int_equal(counts_of(fixture, HOOK).sampled, 0);
	run(fixture, 1);
	assert_int_equal(counts_of(fixture, HOOK).sampled, 1);
	run(fixture, 2 * 1024);
	elapsed = now() - start;
	counts = counts_of(fixture, HOOK);
	assert_int_equal(counts.runs, 2 + 2 * 1024);
	assert_int_equal(counts.sampled, 3);
	assert_in_range(counts.sampled_ns, 1, elapsed);
}

/* A number that the map has not must not break the program. */
static void test_hook_out_of_range_counts_nothing(void **state)
{
	struct fixture *fixture = *state;

	load_to_run(fixture,
		    &(struct settings){PLAIN, BPF_PROG_TYPE_XDP, BPF_XDP, 2, 0, EBPFD_HOOKS_MAX});
	run(fixture, 5);
	consume(fixture);
	assert_int_equal(fixture->event_count, 5);
	for (uint32_t hook = 0; hook < EBPFD_HOOKS_MAX; hook++)
		assert_int_equal(counts_of(fixture, hook).runs, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_verifies_as_every_type, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_heads_of_records, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_record_types_are_in_the_object, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_losses_are_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_discarded_records_are_no_attempts, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_numbers_have_no_gap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_verdicts_are_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_run_in_1024_is_timed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hook_out_of_range_counts_nothing, set_up,
						tear_down),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
