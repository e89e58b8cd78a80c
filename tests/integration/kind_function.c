/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions of the kernel, probed by breakpoint and by trampoline, and hooks of its security
 * modules. */
#include "tests/unit/expect.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/str.h"
#include "tests/support/build_path.h"
#include "tests/support/kind_life.h"
#include "tests/support/own_function.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/skip.h"
#include "tests/support/sought.h"
#include "tests/support/supervisor.h"
#include "tests/support/tiny_program.h"

/* Together 60 s. */
#define PATIENCE_STEPS	   600
#define PATIENCE_STEP_USEC 100000

static struct supervisor supervisor;

static struct kind_life life_of(const char *hooks, unsigned places, int (*trigger)(void *data))
{
	return (struct kind_life){.object = "life_probe",
				  .hooks = hooks,
				  .swap = "auto",
				  .way = "entry",
				  .places = places,
				  .trigger = trigger,
				  .prepare = sought_prepare};
}

/* Of the calling process, and of those that it starts. */
static int stay_on_cpu(size_t cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	return sched_setaffinity(0, sizeof(cpus), &cpus) < 0 ? -errno : 0;
}

static int prepare_on_cpu_1(void *data)
{
	int err = stay_on_cpu(1);

	return err ? err : sought_prepare(data);
}

/*
 * The kernel passes over a kprobe's program where a task that it interrupted on that CPU is in the
 * middle of a call for a map (kernel/bpf/syscall.c, bpf_disable_instrumentation()), and before
 * Linux 6.7 nobody counts that. So the daemon keeps to another CPU than what it probes.
 */
static void probed_by_breakpoint(void **state)
{
	struct kind_life life =
		life_of("[Hook enter]\nProgram=on_kprobe\nAttach=kprobe:" LSEEK "\n"
			"[Hook leave]\nProgram=on_kretprobe\nAttach=kretprobe:" LSEEK "\n",
			2, sought_by_lseek);
	cpu_set_t all;

	(void)state;
	skip_unless(FEATURE_KPROBE);
	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	if (CPU_COUNT(&all) < 2)
		skip_without("second CPU for this test");
	life.prepare = prepare_on_cpu_1;
	assert_int_equal(stay_on_cpu(0), 0);
	kind_life_run(&sandbox, &life);
}

static int clean_up_on_all_cpus(void **state)
{
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all));
	(void)sched_setaffinity(0, sizeof(all), &all);
	return kind_life_clean(state);
}

static int seek_and_control(void *data)
{
	int err = sought_by_lseek(data);

	return err ? err : sought_by_ioctl(data);
}

/* All in one life: it is the kernel's types, looked through at each load, that take their time. */
static void probed_by_trampoline(void **state)
{
	const struct kind_life life =
		life_of("[Hook enter]\nProgram=on_fentry\nAttach=fentry:" LSEEK "\n"
			"[Hook leave]\nProgram=on_fexit\nAttach=fexit:" LSEEK "\n"
			"[Hook control]\nProgram=on_lsm\nAttach=lsm:file_ioctl\n",
			3, seek_and_control);

	(void)state;
	skip_unless(FEATURE_FENTRY);
	skip_unless(FEATURE_LSM);
	kind_life_run(&sandbox, &life);
}

/* ---- programs that may sleep ---- */

/* Not inlined, and not the same as any other function. */
__attribute__((noinline)) static void probed(volatile int *times)
{
	*times += 1;
}

static int control_and_call(void *data)
{
	volatile int times = 0;

	probed(&times);
	return sought_by_ioctl(data);
}

static bool kernel_has_sleepable_uprobes(void)
{
	cleanup_close int program = tiny_program_that_sleeps(BPF_PROG_TYPE_KPROBE, 0, 0);

	return program >= 0;
}

/*
 * No entry can call them, and no kernel updates their links. Those at fentry are not among them:
 * kernels without CONFIG_FUNCTION_ERROR_INJECTION, as Debian's, let none of them sleep.
 */
static void programs_that_may_sleep_overlap(void **state)
{
	char own[PATH_MAX], hooks[2 * PATH_MAX];
	struct kind_life life = life_of(hooks, 2, control_and_call);

	(void)state;
	skip_unless(FEATURE_LSM);
	skip_unless(FEATURE_SLEEPABLE_RING);
	if (!kernel_has_sleepable_uprobes())
		skip_without("uprobes that may sleep");
	build_path("tests/integration/kind_function", own, sizeof(own));
	assert_int_equal(str_format(hooks, sizeof(hooks),
				    "[Hook control]\nProgram=sleeps_at_lsm\nAttach=lsm:file_ioctl\n"
				    "[Hook call]\nProgram=sleeps_at_uprobe\nAttach=uprobe:%s:%lu\n",
				    own, own_function_offset((const void *)(uintptr_t)probed)),
			 0);
	life.way = "overlap";
	life.overlaps = true;
	kind_life_run(&sandbox, &life);
}

/* ---- what a program at fentry is told ---- */

static uint64_t address_of(const char *function)
{
	cleanup_fclose FILE *symbols = fopen("/proc/kallsyms", "re");
	unsigned long long address;
	char name[128];

	while (symbols && fscanf(symbols, "%llx %*s %127s%*[^\n]", &address, name) == 2)
		if (strcmp(name, function) == 0)
			return address;
	return 0;
}

/* Of the first event; 0: there is none yet. */
static uint64_t read_address(const char *path)
{
	json_t *event = json_load_file(path, JSON_DISABLE_EOF_CHECK, NULL);
	const char *text = json_string_value(json_object_get(event, "address"));
	uint64_t address = 0;

	if (text)
		assert_int_equal(str_to_u64(text, &address), 0);
	json_decref(event);
	return address;
}

static void expect_address(const char *function, const char *path)
{
	uint64_t expected = address_of(function), address = 0;

	for (int i = 0; i < PATIENCE_STEPS && !address; i++) {
		address = read_address(path);
		usleep(PATIENCE_STEP_USEC);
	}
	/* Some kernels tell the place behind the function's first instruction, endbr64. */
	assert_true(expected && (address == expected || address == expected + 4));
}

static void program_behind_an_entry_is_told_its_address(void **state)
{
	char object[PATH_MAX], path[PATH_MAX], text[4 * PATH_MAX];

	(void)state;
	skip_unless(FEATURE_FENTRY);
	skip_unless(FEATURE_FUNCTION_ADDRESS);
	(void)snprintf(path, sizeof(path), "%s/events", sandbox.folder);
	build_path("tests/bpf/func_ip.bpf.o", object, sizeof(object));
	assert_int_equal(str_format(text, sizeof(text),
				    "[Unit]\nObject=%s\n[Set]\ntarget_pid=%d\n"
				    "[Hook in]\nProgram=at_fentry\nAttach=fentry:" LSEEK "\n"
				    "[Events events]\nRecord=place_event\nFormat=address:hex\n"
				    "Sink=file:%s\n",
				    object, (int)getpid(), path),
			 0);
	supervisor_start(&supervisor, &sandbox);
	supervisor_write_unit(&supervisor, "place", text);
	(void)supervisor_do(&supervisor, "load", "place");
	(void)lseek(STDIN_FILENO, 0, SEEK_CUR);
	expect_address(LSEEK, path);
}

static int clean_up(void **state)
{
	char path[PATH_MAX];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/events", sandbox.folder);
	(void)unlink(path);
	supervisor_end(&supervisor);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(probed_by_breakpoint, clean_up_on_all_cpus),
		cmocka_unit_test_teardown(probed_by_trampoline, kind_life_clean),
		cmocka_unit_test_teardown(programs_that_may_sleep_overlap, kind_life_clean),
		cmocka_unit_test_teardown(program_behind_an_entry_is_told_its_address, clean_up),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
