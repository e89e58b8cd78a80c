/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * That no old program runs on when a barrier has returned, for each of the two ways by itself, on
 * the kernel that this runs on: an old program is held in the middle of a run on another CPU, the
 * word is flipped, and after the barrier nothing that it writes may change. A control without a
 * barrier shows that something does change then.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/kernel/barrier.h"
#include "tests/support/build_path.h"
#include "tests/support/quiet.h"
#include "tests/support/rig.h"
#include "tests/support/skip.h"

#define HOLD_MS	   100
#define SILENCE_MS 50
#define ROUNDS	   5

/* A round proves nothing if this process slept while the old program ended: so many may. */
#define ATTEMPTS 20

/* `progress` of slow.bpf.c */
struct progress {
	uint64_t started, writes, finished, quick;
};

struct fixture {
	struct rig rig;
	struct bpf_object *programs;
	struct progress *progress; /* the object's .bss, mapped */
};

/* What one round saw. */
struct sight {
	bool in_time; /* the old program was still inside when the wait began */
	int wait_error;
	struct progress at_flip, after_wait, later;
};

/* The thread that the old program runs in. */
struct runner {
	const struct fixture *fixture;
	int error;
	bool has_ended;
};

static struct barrier barrier = BARRIER_INIT;
static int cpus[2]; /* of the test, of the old program */
static int cpu_count;

static struct rig_settings xdp = {.type = BPF_PROG_TYPE_XDP, .expected = BPF_XDP};
static struct rig_settings raw_tp = {.type = BPF_PROG_TYPE_RAW_TRACEPOINT};

static int pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return -pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

/* Before anything is pinned. */
static int find_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return -errno;
	for (int cpu = 0; cpu < CPU_SETSIZE && cpu_count < 2; cpu++)
		if (CPU_ISSET(cpu, &set))
			cpus[cpu_count++] = cpu;
	return 0;
}

static int fill_slot(struct fixture *fixture, uint32_t bank, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(fixture->programs, name);

	return rig_fill_slot(&fixture->rig, bank, bpf_program__fd(program));
}

static int load_programs(struct fixture *fixture, const struct rig_settings *settings)
{
	const uint64_t hold_ns = HOLD_MS * 1000000ULL;
	struct bpf_program *program;
	char path[PATH_MAX];
	int err;

	build_path("tests/bpf/slow.bpf.o", path, sizeof(path));
	fixture->programs = bpf_object__open_file(path, NULL);
	if (!fixture->programs)
		return -errno;
	bpf_object__for_each_program (program, fixture->programs) {
		bpf_program__set_type(program, settings->type);
		bpf_program__set_expected_attach_type(program, settings->expected);
	}
	err = rig_set_constant(fixture->programs, "hold_ns", &hold_ns, sizeof(hold_ns));
	if (!err)
		err = bpf_object__load(fixture->programs);
	if (!err)
		err = fill_slot(fixture, 0, "slow");
	if (!err)
		err = fill_slot(fixture, 1, "quick");
	return err;
}

/* libbpf 1.1 maps such memory for skeletons alone. */
static int map_progress(struct fixture *fixture)
{
	struct bpf_map *data = bpf_object__find_map_by_name(fixture->programs, ".bss");
	void *memory;

	if (!data || bpf_map__value_size(data) != sizeof(struct progress))
		return -EINVAL;
	memory = mmap(NULL, sizeof(struct progress), PROT_READ | PROT_WRITE, MAP_SHARED,
		      bpf_map__fd(data), 0);
	if (memory == MAP_FAILED)
		return -errno;
	fixture->progress = memory;
	return 0;
}

static int set_up(void **state)
{
	static struct fixture fixture;
	const struct rig_settings *settings = *state;
	int err;

	fixture = (struct fixture){.rig = RIG_INIT};
	*state = &fixture;
	err = rig_set_up(settings, &fixture.rig);
	if (!err)
		err = load_programs(&fixture, settings);
	if (!err)
		err = map_progress(&fixture);
	return err;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->progress)
		munmap(fixture->progress, sizeof(*fixture->progress));
	bpf_object__close(fixture->programs);
	rig_take_down(&fixture->rig);
	return 0;
}

static struct progress look(const struct fixture *fixture)
{
	const struct progress *now = fixture->progress;

	/* `writes` first: a program that is not finished after that look may write more. */
	struct progress then = {.writes = __atomic_load_n(&now->writes, __ATOMIC_SEQ_CST)};

	then.finished = __atomic_load_n(&now->finished, __ATOMIC_SEQ_CST);
	then.started = __atomic_load_n(&now->started, __ATOMIC_SEQ_CST);
	then.quick = __atomic_load_n(&now->quick, __ATOMIC_SEQ_CST);
	return then;
}

static void sleep_ms(long milliseconds)
{
	const struct timespec time = {.tv_nsec = milliseconds * 1000000};

	nanosleep(&time, NULL);
}

static void *run_old_program(void *data)
{
	struct runner *runner = data;
	int verdict, err = pin_to(cpus[1]);

	if (!err)
		err = rig_run(&runner->fixture->rig, 1, &verdict);
	runner->error = err;
	__atomic_store_n(&runner->has_ended, true, __ATOMIC_SEQ_CST);
	return NULL;
}

static void wait_until_inside(const struct runner *runner)
{
	while (!look(runner->fixture).started &&
	       !__atomic_load_n(&runner->has_ended, __ATOMIC_SEQ_CST))
		;
}

/* One round. The runner has ended when it returns, whatever was seen. */
static struct sight observe(struct fixture *fixture, int (*wait)(void))
{
	struct runner runner = {.fixture = fixture};
	struct sight sight = {0};
	pthread_t thread;

	memset(fixture->progress, 0, sizeof(*fixture->progress));
	rig_store_word(&fixture->rig, 1);
	assert_int_equal(pthread_create(&thread, NULL, run_old_program, &runner), 0);
	wait_until_inside(&runner);

	rig_store_word(&fixture->rig, 2);
	sight.at_flip = look(fixture);
	sight.in_time = !sight.at_flip.finished;
	sight.wait_error = wait();
	sight.after_wait = look(fixture);
	sleep_ms(SILENCE_MS);
	sight.later = look(fixture);

	assert_int_equal(pthread_join(thread, NULL), 0);
	if (runner.error == -EOPNOTSUPP)
		skip_without("BPF_PROG_TEST_RUN for this type of program");
	assert_int_equal(runner.error, 0);
	return sight;
}

static struct sight observe_in_time(struct fixture *fixture, int (*wait)(void))
{
	struct sight sight = {0};

	for (int i = 0; i < ATTEMPTS && !sight.in_time; i++)
		sight = observe(fixture, wait);
	assert_true(sight.in_time);
	return sight;
}

static void assert_waits(struct fixture *fixture, int (*wait)(void))
{
	assert_int_equal(pin_to(cpus[0]), 0);
	for (int round = 0; round < ROUNDS; round++) {
		struct sight sight = observe_in_time(fixture, wait);
		int verdict;

		assert_int_equal(sight.wait_error, 0);
		assert_int_equal(sight.after_wait.finished, 1);
		assert_int_equal(sight.later.writes, sight.after_wait.writes);
		assert_int_equal(sight.later.started, 1);
		/* And the one that answers now is the new one. */
		assert_int_equal(rig_run(&fixture->rig, 1, &verdict), 0);
		assert_int_equal(look(fixture).quick, 1);
		assert_int_equal(look(fixture).started, 1);
	}
}

static void skip_with_one_cpu(void)
{
	if (cpu_count < 2) {
		print_message("# skip: needs two CPUs\n");
		skip();
	}
}

static int wait_map(void)
{
	return barrier_wait_map(&barrier);
}

static int wait_both(void)
{
	return barrier_wait(&barrier);
}

static int wait_not_at_all(void)
{
	return 0;
}

static void test_map_update_waits(void **state)
{
	skip_with_one_cpu();
	assert_waits(*state, wait_map);
}

static void test_membarrier_waits(void **state)
{
	skip_with_one_cpu();
	/* EINVAL under nohz_full, ENOSYS without CONFIG_MEMBARRIER. */
	if (barrier_wait_membarrier())
		skip_without("global membarrier");
	assert_waits(*state, barrier_wait_membarrier);
}

static void test_both_wait(void **state)
{
	skip_with_one_cpu();
	assert_waits(*state, wait_both);
}

/* The tests above can go red: without a barrier the old program goes on, and writes. */
static void test_old_program_goes_on_without_barrier(void **state)
{
	struct sight sight = {0};

	skip_with_one_cpu();
	assert_int_equal(pin_to(cpus[0]), 0);
	/* One that was just past its last write shows nothing. */
	for (int i = 0; i < ATTEMPTS && sight.later.writes == sight.at_flip.writes; i++)
		sight = observe_in_time(*state, wait_not_at_all);
	assert_int_equal(sight.after_wait.started, 1);
	assert_true(sight.later.writes > sight.at_flip.writes);
}

static int init_barrier(void **state)
{
	int err = find_cpus();

	(void)state;
	return err ? err : barrier_init(&barrier);
}

static int deinit_barrier(void **state)
{
	(void)state;
	barrier_deinit(&barrier);
	return 0;
}

#define CASE(test, kind)                                        \
	{                                                       \
#test " " #kind, test, set_up, tear_down, &kind \
	}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_old_program_goes_on_without_barrier, xdp),
		CASE(test_old_program_goes_on_without_barrier, raw_tp),
		CASE(test_map_update_waits, xdp),
		CASE(test_map_update_waits, raw_tp),
		CASE(test_membarrier_waits, xdp),
		CASE(test_membarrier_waits, raw_tp),
		CASE(test_both_wait, xdp),
		CASE(test_both_wait, raw_tp),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, init_barrier, deinit_barrier);
}
