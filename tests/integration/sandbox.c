/* SPDX-License-Identifier: GPL-2.0-or-later */
/* That the place where other tests attach programs is private, and goes away with the test. */
#include <fcntl.h>
#include <linux/magic.h>
#include <net/if.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/sandbox.h"
#include "tests/support/skip.h"

/* The namespace that the running thread is in. */
static ino_t namespace_of(const char *kind)
{
	char path[64];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/thread-self/ns/%s", kind);
	assert_int_equal(stat(path, &status), 0);
	return status.st_ino;
}

static void assert_gone(const char *path)
{
	assert_int_equal(access(path, F_OK), -1);
}

static void test_has_what_tests_need(void **state)
{
	struct sandbox sandbox = SANDBOX_INIT;
	struct statfs filesystem;
	bool has_veth;

	(void)state;
	assert_int_equal(sandbox_enter(&sandbox), 0);
	assert_int_equal(statfs(sandbox.bpffs, &filesystem), 0);
	assert_int_equal(filesystem.f_type, BPF_FS_MAGIC);
	assert_int_equal(if_nametoindex(SANDBOX_VETH) != 0, sandbox.has_veth);
	assert_int_equal(if_nametoindex(SANDBOX_PEER) != 0, sandbox.has_veth);
	has_veth = sandbox.has_veth;
	sandbox_leave(&sandbox);
	if (!has_veth)
		skip_without("veth interfaces");
}

static void test_leaves_nothing_behind(void **state)
{
	ino_t network = namespace_of("net"), mounts = namespace_of("mnt");
	struct sandbox sandbox = SANDBOX_INIT, entered;

	(void)state;
	assert_int_equal(sandbox_enter(&sandbox), 0);
	assert_int_not_equal(namespace_of("net"), network);
	assert_int_not_equal(namespace_of("mnt"), mounts);
	entered = sandbox;
	sandbox_leave(&sandbox);
	sandbox_leave(&sandbox);
	assert_int_equal(namespace_of("net"), network);
	assert_int_equal(namespace_of("mnt"), mounts);
	assert_gone(entered.folder);
	if (entered.cgroup[0])
		assert_gone(entered.cgroup);
}

static void test_ends_what_is_left_in_its_cgroup(void **state)
{
	struct sandbox sandbox = SANDBOX_INIT;
	int ready[2], status;
	pid_t child;
	char byte;

	(void)state;
	assert_int_equal(sandbox_enter(&sandbox), 0);
	if (!sandbox.cgroup[0]) {
		sandbox_leave(&sandbox);
		skip_without("cgroup v2");
	}
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		close(sandbox.guard_fd);
		if (sandbox_join_cgroup(&sandbox) || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	sandbox_leave(&sandbox);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	close(ready[0]);
	close(ready[1]);
}

static void test_is_removed_when_the_test_is_killed(void **state)
{
	struct sandbox entered;
	int told[2];
	pid_t child;

	(void)state;
	assert_int_equal(pipe(told), 0);
	child = fork();
	if (child == 0) {
		struct sandbox sandbox = SANDBOX_INIT;

		close(told[0]);
		if (sandbox_enter(&sandbox) ||
		    write(told[1], &sandbox, sizeof(sandbox)) != sizeof(sandbox))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	close(told[1]);
	assert_int_equal(read(told[0], &entered, sizeof(entered)), sizeof(entered));
	waitpid(child, NULL, 0);
	/* The guard has the other end of `told` as well: it is done when that closes. */
	assert_int_equal(read(told[0], &entered, sizeof(entered)), 0);
	close(told[0]);
	assert_gone(entered.folder);
	if (entered.cgroup[0])
		assert_gone(entered.cgroup);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_has_what_tests_need),
		cmocka_unit_test(test_leaves_nothing_behind),
		cmocka_unit_test(test_ends_what_is_left_in_its_cgroup),
		cmocka_unit_test(test_is_removed_when_the_test_is_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
