/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A function and the page faults of one process, a worker that does as it is told. */
#include "tests/unit/expect.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/str.h"
#include "tests/bpf/life_probe_values.h"
#include "tests/support/build_path.h"
#include "tests/support/kind_life.h"
#include "tests/support/own_function.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox.h"
#include "tests/support/skip.h"

#define PAGE_BYTES 4096

static struct sandbox sandbox = SANDBOX_INIT;

/* Byte for byte: what is asked for, and that it was done. */
static struct {
	pid_t pid;
	int orders[2], answers[2];
} worker;

/* Not inlined, and not the same as any other function. */
__attribute__((noinline)) static void probed(volatile char *page)
{
	*page = 1;
}

static void work(void)
{
	char *page = (char *)(uintptr_t)LIFE_PAGE;
	char order;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mmap(page, PAGE_BYTES, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != page)
		_exit(1);
	while (read(worker.orders[0], &order, 1) == 1) {
		probed(page);
		(void)madvise(page, PAGE_BYTES, MADV_DONTNEED);
		if (write(worker.answers[1], &order, 1) != 1)
			break;
	}
	_exit(0);
}

static int set_up(void **state)
{
	(void)state;
	if (pipe2(worker.orders, O_CLOEXEC) < 0 || pipe2(worker.answers, O_CLOEXEC) < 0)
		return -errno;
	if (sandbox_enter(&sandbox) < 0)
		return -1;
	worker.pid = fork();
	if (worker.pid == 0)
		work();
	return worker.pid < 0 ? -errno : 0;
}

static int tear_down(void **state)
{
	(void)state;
	(void)kill(worker.pid, SIGKILL);
	(void)waitpid(worker.pid, NULL, 0);
	sandbox_leave(&sandbox);
	return 0;
}

/* What another process does at the same place does not count: else one call would count for more
 * than the next. */
static int ask_the_worker(void *data)
{
	static unsigned calls;
	char order = 'x', own = 0;

	(void)data;
	if (calls++ % 2)
		probed(&own);
	if (write(worker.orders[1], &order, 1) != 1 || read(worker.answers[0], &order, 1) != 1)
		return -errno;
	return 0;
}

static void entry_return_and_page_faults_of_one_process(void **state)
{
	struct kind_life life = {.object = "life_probe",
				 .swap = "auto",
				 .way = "entry",
				 .places = 3,
				 .trigger = ask_the_worker};
	char own[PATH_MAX], hooks[3 * PATH_MAX];
	unsigned long offset = own_function_offset((const void *)(uintptr_t)probed);

	(void)state;
	skip_unless(FEATURE_UPROBE);
	build_path("tests/integration/kind_uprobe", own, sizeof(own));
	assert_int_equal(
		str_format(hooks, sizeof(hooks),
			   "[Hook enter]\nProgram=on_uprobe\nAttach=uprobe:%s:%lu,pid=%d\n"
			   "[Hook leave]\nProgram=on_uretprobe\nAttach=uretprobe:%s:%lu,pid=%d\n"
			   "[Hook fault]\nProgram=on_perf\n"
			   "Attach=perf:page-faults/pid=%d,period=1\n",
			   own, offset, worker.pid, own, offset, worker.pid, worker.pid),
		0);
	life.hooks = hooks;
	kind_life_run(&sandbox, &life);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(entry_return_and_page_faults_of_one_process,
					  kind_life_clean),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
