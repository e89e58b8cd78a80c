/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The barrier for programs that may sleep: one that is in the middle of a run has ended after it.
 */
#include "tests/unit/expect.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <time.h>

#include "daemon/kernel/barrier.h"
#include "tests/support/build_path.h"
#include "tests/support/quiet.h"
#include "tests/support/rig.h"
#include "tests/support/skip.h"

#define HOLD_MS 200
#define ROUNDS	3

/* Of tests/bpf/slow.bpf.c. */
struct progress {
	uint64_t started, writes, finished, quick;
};

static struct bpf_object *object;
static struct progress *progress;

/* Programs of system calls may sleep, and need no hook to run. */
static int load(void)
{
	const uint64_t hold_ns = HOLD_MS * 1000000ULL;
	struct bpf_program *program;
	char path[PATH_MAX];

	build_path("tests/bpf/slow.bpf.o", path, sizeof(path));
	object = bpf_object__open_file(path, NULL);
	if (!object)
		return -errno;
	bpf_object__for_each_program (program, object) {
		bpf_program__set_type(program, BPF_PROG_TYPE_SYSCALL);
		bpf_program__set_expected_attach_type(program, 0);
		bpf_program__set_flags(program, BPF_F_SLEEPABLE);
	}
	return rig_set_constant(object, "hold_ns", &hold_ns, sizeof(hold_ns)) < 0
		       ? -EINVAL
		       : bpf_object__load(object);
}

static int set_up(void **state)
{
	const struct bpf_map *data;

	(void)state;
	if (load() < 0)
		return 0;
	data = bpf_object__find_map_by_name(object, ".bss");
	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED,
			bpf_map__fd(data), 0);
	return progress == MAP_FAILED ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (progress)
		munmap(progress, sizeof(*progress));
	bpf_object__close(object);
	return 0;
}

static void *run(void *data)
{
	const struct bpf_program *slow = bpf_object__find_program_by_name(object, "slow");
	LIBBPF_OPTS(bpf_test_run_opts, options);

	(void)data;
	return (void *)(intptr_t)bpf_prog_test_run_opts(bpf_program__fd(slow), &options);
}

static uint64_t read_number(const uint64_t *number)
{
	return __atomic_load_n(number, __ATOMIC_SEQ_CST);
}

/* A run that has begun; *ret_finished: whether it had ended once `wait` was called and returned. */
static void observe(int (*wait)(void), bool *ret_finished)
{
	pthread_t thread;
	void *result;

	memset(progress, 0, sizeof(*progress));
	assert_int_equal(pthread_create(&thread, NULL, run, NULL), 0);
	while (!read_number(&progress->started))
		;
	assert_int_equal(wait(), 0);
	*ret_finished = read_number(&progress->finished);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_null(result);
}

static int do_not_wait(void)
{
	return 0;
}

static void program_that_may_sleep_has_ended_after_the_barrier(void **state)
{
	(void)state;
	if (!progress)
		skip_without("programs of system calls, which may sleep");
	for (int i = 0; i < ROUNDS; i++) {
		bool finished;

		observe(barrier_wait_sleepable, &finished);
		assert_true(finished);
	}
}

/* The test above can go red. */
static void without_the_barrier_it_goes_on(void **state)
{
	bool finished = true;

	(void)state;
	if (!progress)
		skip_without("programs of system calls, which may sleep");
	for (int i = 0; i < ROUNDS && finished; i++)
		observe(do_not_wait, &finished);
	assert_false(finished);
}

static void barrier_is_there_on_each_kernel_that_has_such_programs(void **state)
{
	int err = barrier_wait_sleepable();

	(void)state;
	if (err == -EINVAL || err == -ESRCH || err == -ENOENT)
		skip_without("programs that may sleep");
	assert_int_equal(err, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(program_that_may_sleep_has_ended_after_the_barrier),
		cmocka_unit_test(without_the_barrier_it_goes_on),
		cmocka_unit_test(barrier_is_there_on_each_kernel_that_has_such_programs),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
