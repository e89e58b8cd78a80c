/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts that the design leans on, or would like to, as this kernel has them: docs/kernels.md has
 * them from the matrix. Prints "# fact KERNEL NAME ANSWER" where kernels differ. What a link can be
 * updated to is in kernel_hook*.c, barriers in barrier.c.
 */
#include "tests/unit/expect.h"

#include <bpf/libbpf.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "daemon/kernel/hook.h"
#include "lib/cleanup.h"
#include "tests/support/build_path.h"
#include "tests/support/quiet.h"
#include "tests/support/rig.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/skip.h"

/* An event of the timer interrupt: it comes at any point of what runs. */
#define TIMER_EVENT "hrtimer_expire_entry"

/* Copied with interrupts off and programs held back, so that a timer is often late. */
#define VALUE_SIZE (32 * 1024)

/* As many updates at most, until so many runs were skipped. */
#define UPDATES 400000
#define SKIPS	5

static struct bpf_object *object;

static int close_object(void **state)
{
	(void)state;
	bpf_object__close(object);
	object = NULL;
	return 0;
}

static void tell(const char *fact, const char *answer)
{
	struct utsname kernel;

	assert_int_equal(uname(&kernel), 0);
	print_message("# fact\t%s\t%s\t%s\n", kernel.release, fact, answer);
}

static void open_object(const char *name)
{
	char path[PATH_MAX];

	build_path(name, path, sizeof(path));
	object = bpf_object__open_file(path, NULL);
	assert_non_null(object);
}

static int program_fd(const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(object, name));
}

static void *map_data(size_t size)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".bss");
	void *data = mmap(NULL, size, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);

	assert_ptr_not_equal(data, MAP_FAILED);
	return data;
}

/* ---- bpffs ---- */

static void directories_of_bpffs_can_be_exchanged(void **state)
{
	char a[PATH_MAX], b[PATH_MAX];
	struct stat before, after;

	(void)state;
	snprintf(a, sizeof(a), "%s/a", sandbox.bpffs);
	snprintf(b, sizeof(b), "%s/b", sandbox.bpffs);
	assert_int_equal(mkdir(a, 0700), 0);
	assert_int_equal(mkdir(b, 0700), 0);
	assert_int_equal(stat(a, &before), 0);
	if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) < 0) {
		assert_int_equal(errno, EINVAL);
		tell("RENAME_EXCHANGE in bpffs", "no");
		skip_without("RENAME_EXCHANGE in bpffs");
	}
	assert_int_equal(stat(b, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	tell("RENAME_EXCHANGE in bpffs", "yes");
}

/* ---- fentry ---- */

/* What the callee is told when `name` is attached and the function is called. */
static uint64_t address_behind(const char *name, const volatile uint64_t *address)
{
	cleanup_close int link = bpf_raw_tracepoint_open(NULL, program_fd(name));
	LIBBPF_OPTS(bpf_test_run_opts, options);

	assert_true(link >= 0);
	/* Calls all functions of its kind. */
	assert_int_equal(bpf_prog_test_run_opts(program_fd(name), &options), 0);
	return *address;
}

static void address_in_a_tail_callee_takes_an_entry_that_asks(void **state)
{
	const volatile uint64_t *address;
	uint64_t direct, behind_asking, behind_silent;
	uint32_t zero = 0;
	int callee;

	(void)state;
	skip_unless(FEATURE_FENTRY);
	skip_unless(FEATURE_FUNCTION_ADDRESS);
	open_object("tests/bpf/tail_func_ip.bpf.o");
	assert_int_equal(bpf_object__load(object), 0);
	address = map_data(sizeof(*address));
	callee = program_fd("callee");
	assert_int_equal(bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, "slots"),
					     &zero, &callee, BPF_ANY),
			 0);
	direct = address_behind("callee", address);
	behind_asking = address_behind("asking", address);
	behind_silent = address_behind("silent", address);
	assert_true(direct != 0);
	assert_int_equal(behind_asking, direct);
	assert_int_not_equal(behind_silent, direct);
	tell("function address behind an entry that does not ask for it", "wrong");
}

/* ---- skipped runs ---- */

static uint64_t misses_of(int program)
{
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(program, &info, &length), 0);
	return info.recursion_misses;
}

/* Of tests/bpf/skips.bpf.c. */
struct runs {
	uint64_t tracepoint, raw;
};

/* Runs that the tracepoint's program has missed. A timer may fire between the two looks. */
static int64_t behind(const volatile struct runs *runs)
{
	return (int64_t)(runs->raw - runs->tracepoint);
}

/*
 * The timer fires while a map is updated: then the kernel runs no program of a tracepoint. Returns
 * how many runs were skipped, give or take one.
 */
static int64_t provoke(const volatile struct runs *runs)
{
	static char value[VALUE_SIZE];
	cleanup_close int map =
		bpf_map_create(BPF_MAP_TYPE_HASH, "skips", sizeof(uint32_t), VALUE_SIZE, 1, NULL);
	int64_t before = behind(runs);
	uint32_t zero = 0;

	assert_true(map >= 0);
	for (int i = 0; i < UPDATES && behind(runs) < before + SKIPS; i++)
		assert_int_equal(bpf_map_update_elem(map, &zero, value, BPF_ANY), 0);
	return behind(runs) - before;
}

static void skipped_runs_of_a_tracepoint_are_counted_or_not(void **state)
{
	cleanup_close int link = -1, raw_link = -1;
	const volatile struct runs *runs;
	struct attach attach;
	struct failure failure;
	uint32_t self = (uint32_t)getpid();
	int64_t skipped, counted;

	(void)state;
	assert_int_equal(attach_parse("tracepoint:timer/" TIMER_EVENT, &attach, NULL), 0);
	open_object("tests/bpf/skips.bpf.o");
	assert_int_equal(rig_set_constant(object, "process", &self, sizeof(self)), 0);
	assert_int_equal(bpf_object__load(object), 0);
	runs = map_data(sizeof(*runs));
	raw_link = bpf_raw_tracepoint_open(TIMER_EVENT, program_fd("on_raw"));
	assert_true(raw_link >= 0);
	link = hook_attach(&attach, program_fd("on_tracepoint"), &failure);
	if (link < 0)
		fail_msg("%s", failure.text);
	skipped = provoke(runs);
	counted = (int64_t)misses_of(program_fd("on_tracepoint"));
	assert_true(skipped >= SKIPS);
	assert_int_equal(misses_of(program_fd("on_raw")), 0);
	/* Where the kernel counts, it counts all, those of other processes too. */
	if (counted > 0)
		assert_true(counted >= skipped - 1);
	tell("skipped runs of tracepoints in recursion_misses", counted > 0 ? "yes" : "no");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(directories_of_bpffs_can_be_exchanged),
		cmocka_unit_test_teardown(address_in_a_tail_callee_takes_an_entry_that_asks,
					  close_object),
		cmocka_unit_test_teardown(skipped_runs_of_a_tracepoint_are_counted_or_not,
					  close_object),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
