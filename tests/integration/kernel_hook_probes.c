/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kinds of hook that probe functions and events: each attaches, and what is not there is named. */
#include "tests/unit/expect.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "daemon/kernel/elf_symbol.h"
#include "daemon/loader/target.h"
#include "lib/cleanup.h"
#include "tests/support/build_path.h"
#include "tests/support/hook_expect.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/skip.h"
#include "tests/support/sought.h"

static void kprobes(void **state)
{
	(void)state;
	skip_unless(FEATURE_KPROBE);
	hook_expect_attaches("kprobe:" LSEEK, 0);
	hook_expect_attaches("kprobe:" LSEEK "+0x0", 0);
	hook_expect_attaches("kretprobe:" LSEEK, 0);
	hook_expect_refused("kprobe:no_such_function",
			    "no function \"no_such_function\" in this kernel");
	hook_expect_refused("kretprobe:no_such_function", "no function \"no_such_function\"");
	hook_expect_refused("kprobe:" LSEEK "+1", "is inside an instruction");
	/* What handles a kprobe must not have one. */
	hook_expect_refused("kprobe:get_kprobe", "kprobes are not allowed");
}

static void uprobes(void **state)
{
	char own[PATH_MAX], text[2 * PATH_MAX];

	(void)state;
	skip_unless(FEATURE_UPROBE);
	build_path("tests/integration/kernel_hook_probes", own, sizeof(own));
	(void)snprintf(text, sizeof(text), "uprobe:%s:0x10", own);
	hook_expect_attaches(text, 0);
	(void)snprintf(text, sizeof(text), "uretprobe:%s:16,pid=%d", own, (int)getpid());
	hook_expect_attaches(text, 0);
	(void)snprintf(text, sizeof(text), "uprobe:%s:0x7fffffff", own);
	hook_expect_refused(text, "the place is beyond its end");
	(void)snprintf(text, sizeof(text), "uprobe:%s:no_such_function", own);
	hook_expect_refused(text, "no function \"no_such_function\" in");
	(void)snprintf(text, sizeof(text), "uprobe:%s:0,pid=2000000000", own);
	hook_expect_refused(text, "no process 2000000000");
	(void)snprintf(text, sizeof(text), "uprobe:%s:0", sandbox.folder);
	hook_expect_refused(text, "that is no regular file");
	hook_expect_refused("uprobe:/no/such/file:main", "no file \"/no/such/file\"");
	hook_expect_refused("uprobe:/no/such/file:0", "no file \"/no/such/file\"");
	hook_expect_refused("uprobe:/proc/version:main", "is no ELF file");
}

static void trampolines(void **state)
{
	(void)state;
	skip_unless(FEATURE_FENTRY);
	hook_expect_attaches("fentry:" LSEEK, 0);
	hook_expect_attaches("fexit:" LSEEK, 0);
}

static void lsm_hooks(void **state)
{
	(void)state;
	skip_unless(FEATURE_LSM);
	hook_expect_attaches("lsm:file_ioctl", 0);
}

static void perf_events(void **state)
{
	(void)state;
	hook_expect_attaches("perf:cpu-clock/cpu=0,freq=10", 0);
	hook_expect_attaches("perf:page-faults/cpu=0,period=1000000", 0);
	hook_expect_refused("perf:cpu-clock/cpu=99999", "a CPU may be beyond those of the machine");
	hook_expect_refused("perf:cpu-clock/cpu=0,freq=2000000000", "perf_event_max_sample_rate");
	hook_expect_refused("perf:page-faults/pid=2000000000", "no process 2000000000");
	hook_expect_refused("perf:4000000:0/cpu=0", "no event \"4000000:0\" on this machine");
}

/* ---- functions that programs are made for ---- */

static void expect_no_target(const char *text, const char *part)
{
	struct attach attach = hook_expect_parsed(text);
	struct bpf_program *program;
	struct bpf_object *object;
	struct failure failure;
	struct hook_type type;
	char path[PATH_MAX];

	build_path("tests/bpf/life_probe_v1.bpf.o", path, sizeof(path));
	object = bpf_object__open_file(path, NULL);
	assert_non_null(object);
	program = bpf_object__find_program_by_name(object, "on_fentry");
	assert_int_equal(hook_describe(&attach, &type, NULL), 0);
	assert_true(program_set_target(program, &type, &failure) < 0);
	expect_failure(&failure, OUTCOME_REFUSED, part);
	bpf_object__close(object);
}

static void missing_function_is_named(void **state)
{
	(void)state;
	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		skip_without("BTF of its own");
	expect_no_target("fentry:no_such_function", "no function \"no_such_function\" among");
	expect_no_target("fexit:no_such_function", "no function \"no_such_function\" among");
	expect_no_target("lsm:no_such_hook", "no LSM hook \"no_such_hook\" in this kernel");
}

/* ---- symbols ---- */

static void function_of_another_file_is_not_found(void **state)
{
	char own[PATH_MAX];
	uint64_t offset = 0;

	(void)state;
	build_path("ebpfd", own, sizeof(own));
	assert_int_equal(elf_find_function(own, "no_such_function", &offset), -ESRCH);
	/* Defined in another file: only its name is here. */
	assert_int_equal(elf_find_function(own, "malloc", &offset), -ESRCH);
	assert_int_equal(offset, 0);
}

/* Cut anywhere, it is an error and no crash. */
static void broken_file_has_no_functions(void **state)
{
	char own[PATH_MAX], path[64];
	cleanup_free char *head = malloc(1 << 16);
	cleanup_fclose FILE *whole = NULL;
	uint64_t offset;
	size_t length;

	(void)state;
	build_path("ebpfctl", own, sizeof(own));
	whole = fopen(own, "re");
	assert_non_null(whole);
	length = fread(head, 1, 1 << 16, whole);
	(void)snprintf(path, sizeof(path), "%s/cut", sandbox.folder);
	for (size_t cut = 0; cut < length; cut += cut < 128 ? 1 : 4093) {
		cleanup_fclose FILE *file = fopen(path, "we");

		assert_non_null(file);
		assert_int_equal(fwrite(head, 1, cut, file), cut);
		assert_int_equal(fflush(file), 0);
		assert_true(elf_find_function(path, "main", &offset) < 0);
	}
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/fifo", sandbox.folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(elf_find_function(path, "main", &offset), -ENOEXEC);
	(void)unlink(path);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(kprobes),
		cmocka_unit_test(uprobes),
		cmocka_unit_test(trampolines),
		cmocka_unit_test(lsm_hooks),
		cmocka_unit_test(perf_events),
		cmocka_unit_test(missing_function_is_named),
		cmocka_unit_test(function_of_another_file_is_not_found),
		cmocka_unit_test(broken_file_has_no_functions),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
