/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Iterators, read as people read them: by the pin of the link. */
#include "tests/unit/expect.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "tests/support/kind_life.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/skip.h"
#include "tests/support/tiny_program.h"

#define ALL_TASKS      "iter:task"
#define PLAIN_HOOK     "[Hook in]\nProgram=on_task\nAttach=" ALL_TASKS "\n"
#define SLEEPABLE_HOOK "[Hook in]\nProgram=on_task_and_sleep\nAttach=" ALL_TASKS "\n"

/* There is nothing to read, since the programs write nothing; so it is at its end at once. */
static int read_the_iterator(void *data)
{
	cleanup_close int fd = -1;
	char path[128], byte;

	(void)data;
	(void)snprintf(path, sizeof(path), "%s/ebpfd/life/hooks/in/link", sandbox.bpffs);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	/* A unit that is not there any more has no iterator. */
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	return read(fd, &byte, 1) < 0 ? -errno : 0;
}

static void live(const char *hooks, const char *swap, const char *way)
{
	const struct kind_life life = {.object = "life_iter",
				       .hooks = hooks,
				       .swap = swap,
				       .way = way,
				       .places = 1,
				       .trigger = read_the_iterator};

	skip_unless(FEATURE_ITER);
	kind_life_run(&sandbox, &life);
}

static void iterator_is_exchanged_in_its_link(void **state)
{
	(void)state;
	live(PLAIN_HOOK, "auto", "link");
}

static void iterator_may_have_an_entry(void **state)
{
	(void)state;
	live(PLAIN_HOOK, "entry", "entry");
}

static bool kernel_has_sleepable_iterators(void)
{
	int function = libbpf_find_vmlinux_btf_id("task", BPF_TRACE_ITER);
	cleanup_close int program =
		function < 0 ? function
			     : tiny_program_that_sleeps(BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER,
							(uint32_t)function);

	return program >= 0;
}

static void iterator_that_may_sleep_is_exchanged_in_its_link(void **state)
{
	(void)state;
	if (!kernel_has_sleepable_iterators())
		skip_without("iterators that may sleep");
	skip_unless(FEATURE_SLEEPABLE_RING);
	live(SLEEPABLE_HOOK, "auto", "link");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(iterator_is_exchanged_in_its_link, kind_life_clean),
		cmocka_unit_test_teardown(iterator_may_have_an_entry, kind_life_clean),
		cmocka_unit_test_teardown(iterator_that_may_sleep_is_exchanged_in_its_link,
					  kind_life_clean),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
