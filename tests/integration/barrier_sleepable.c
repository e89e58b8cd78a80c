/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The barrier for programs that may sleep: one that is in the middle of a run has ended after it.
 */
#include "tests/unit/expect.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <limits.h>
#include <pthread.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "daemon/kernel/barrier.h"
#include "lib/cleanup.h"
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
static int hook_link = -1; /* of an LSM hook; none where programs of system calls do */

static int load_as(enum bpf_prog_type type, enum bpf_attach_type expected)
{
	const uint64_t hold_ns = HOLD_MS * 1000000ULL;
	struct bpf_program *program;
	char path[PATH_MAX];
	int err;

	build_path("tests/bpf/slow.bpf.o", path, sizeof(path));
	object = bpf_object__open_file(path, NULL);
	assert_non_null(object);
	bpf_object__for_each_program (program, object) {
		bpf_program__set_type(program, type);
		bpf_program__set_expected_attach_type(program, expected);
		bpf_program__set_flags(program, BPF_F_SLEEPABLE);
		if (type == BPF_PROG_TYPE_LSM)
			(void)bpf_program__set_attach_target(program, 0, "bprm_committed_creds");
	}
	err = rig_set_constant(object, "hold_ns", &hold_ns, sizeof(hold_ns));
	if (!err)
		err = bpf_object__load(object);
	if (err) {
		bpf_object__close(object);
		object = NULL;
	}
	return err;
}

static int program_fd(void)
{
	return bpf_program__fd(bpf_object__find_program_by_name(object, "slow"));
}

/* Programs of system calls may sleep, and need no hook to run. They came with Linux 5.14. */
static int load(void)
{
	if (load_as(BPF_PROG_TYPE_SYSCALL, 0) == 0)
		return 0;
	if (load_as(BPF_PROG_TYPE_LSM, BPF_LSM_MAC) < 0)
		return -EOPNOTSUPP;
	hook_link = bpf_raw_tracepoint_open(NULL, program_fd());
	return hook_link < 0 ? hook_link : 0;
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
	close_and_forget(&hook_link);
	bpf_object__close(object);
	return 0;
}

static int execute(void)
{
	char *arguments[] = {"true", NULL};
	pid_t child;
	int status = -1;

	if (posix_spawn(&child, "/bin/true", NULL, NULL, arguments, NULL) == 0)
		(void)waitpid(child, &status, 0);
	return status;
}

static void *run(void *data)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);
	int err = hook_link >= 0 ? execute() : bpf_prog_test_run_opts(program_fd(), &options);

	(void)data;
	return (void *)(intptr_t)err;
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
		skip_without("programs that may sleep");
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
		skip_without("programs that may sleep");
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
