/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/macro.h"
#include "tests/support/command.h"

#define TRACEFS "/sys/kernel/tracing"

/* Patience for what was killed in the cgroup, in steps of 10 ms. */
#define CGROUP_STEPS 300

static bool is_filesystem(const char *path, long magic)
{
	struct statfs status;

	return statfs(path, &status) == 0 && (long)status.f_type == magic;
}

static int make_cgroup(struct sandbox *sandbox)
{
	static const char *const roots[] = {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"};
	char path[sizeof(sandbox->cgroup)];

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		if (!is_filesystem(roots[i], CGROUP2_SUPER_MAGIC))
			continue;
		snprintf(path, sizeof(path), "%s/ebpfd-test-XXXXXX", roots[i]);
		if (!mkdtemp(path))
			return -errno;
		strcpy(sandbox->cgroup, path);
		return 0;
	}
	return 0;
}

static int make_folder(struct sandbox *sandbox)
{
	char path[] = "/tmp/ebpfd-test-XXXXXX";

	if (!mkdtemp(path))
		return -errno;
	snprintf(sandbox->folder, sizeof(sandbox->folder), "%s", path);
	snprintf(sandbox->bpffs, sizeof(sandbox->bpffs), "%s/bpf", path);
	return 0;
}

static void kill_members(const char *cgroup, pid_t except)
{
	char path[sizeof(((struct sandbox *)NULL)->cgroup) + 16];
	cleanup_fclose FILE *members = NULL;
	int pid;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	members = fopen(path, "re");
	while (members && fscanf(members, "%d", &pid) == 1)
		if (pid > 1 && pid != except)
			kill(pid, SIGKILL);
}

static void remove_cgroup(const char *cgroup, pid_t except)
{
	for (int i = 0; i < CGROUP_STEPS; i++) {
		if (rmdir(cgroup) == 0)
			return;
		kill_members(cgroup, except);
		usleep(10 * 1000);
	}
	fprintf(stderr, "cannot remove %s: %s\n", cgroup, strerror(errno));
}

/* Waits until the test has let go of the pipe, on purpose or by its end. */
static void guard(const struct sandbox *sandbox, int pipe_fd, pid_t test)
{
	char byte;

	/* Signals from a terminal or a runner are meant for the test. */
	setsid();
	while (read(pipe_fd, &byte, 1) < 0 && errno == EINTR)
		;
	if (sandbox->cgroup[0])
		remove_cgroup(sandbox->cgroup, test);
	if (rmdir(sandbox->folder) < 0)
		fprintf(stderr, "cannot remove %s: %s\n", sandbox->folder, strerror(errno));
}

static int start_guard(struct sandbox *sandbox)
{
	pid_t test = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	/* Or the guard would print it again at its end. */
	fflush(NULL);
	sandbox->guard = fork();
	if (sandbox->guard == 0) {
		close(ends[1]);
		guard(sandbox, ends[0], test);
		_exit(0);
	}
	close(ends[0]);
	sandbox->guard_fd = ends[1];
	return sandbox->guard < 0 ? -errno : 0;
}

static int enter_namespaces(struct sandbox *sandbox)
{
	sandbox->network_fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	sandbox->mount_fd = open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (sandbox->network_fd < 0 || sandbox->mount_fd < 0)
		return -errno;
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0)
		return -errno;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ? -errno : 0;
}

static int mount_all(const struct sandbox *sandbox)
{
	if (mount("tmpfs", sandbox->folder, "tmpfs", 0, "mode=0700") < 0 ||
	    mkdir(sandbox->bpffs, 0700) < 0 || mount("bpf", sandbox->bpffs, "bpf", 0, NULL) < 0)
		return -errno;
	/* A kernel without it has no tracepoints; the tests of those find out and skip. */
	if (!is_filesystem(TRACEFS, TRACEFS_MAGIC))
		(void)mount("tracefs", TRACEFS, "tracefs", 0, NULL);
	return 0;
}

static int make_interfaces(struct sandbox *sandbox)
{
	static const char *const ends[] = {SANDBOX_VETH, SANDBOX_PEER};

	if (command_run("ip", "link", "set", "lo", "up", NULL))
		return -EIO;
	if (command_run("ip", "link", "add", SANDBOX_VETH, "type", "veth", "peer", "name",
			SANDBOX_PEER, NULL))
		return 0;
	sandbox->has_veth = true;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		/* No address, so no packets of the kernel's own; a kernel without IPv6 sends none.
		 */
		(void)command_run("ip", "link", "set", ends[i], "addrgenmode", "none", NULL);
		if (command_run("ip", "link", "set", ends[i], "up", NULL))
			return -EIO;
	}
	return 0;
}

static int enter(struct sandbox *sandbox)
{
	int err = make_folder(sandbox);

	if (!err)
		err = make_cgroup(sandbox);
	if (!err)
		err = start_guard(sandbox);
	if (!err)
		err = enter_namespaces(sandbox);
	if (!err)
		err = mount_all(sandbox);
	if (!err)
		err = make_interfaces(sandbox);
	return err;
}

int sandbox_enter(struct sandbox *sandbox)
{
	int err = enter(sandbox);

	if (!err)
		return 0;
	fprintf(stderr, "cannot make a sandbox: %s\n", strerror(-err));
	sandbox_leave(sandbox);
	return err;
}

void sandbox_leave(struct sandbox *sandbox)
{
	if (sandbox->network_fd >= 0)
		(void)setns(sandbox->network_fd, CLONE_NEWNET);
	if (sandbox->mount_fd >= 0)
		(void)setns(sandbox->mount_fd, CLONE_NEWNS);
	close_and_forget(&sandbox->network_fd);
	close_and_forget(&sandbox->mount_fd);
	close_and_forget(&sandbox->guard_fd);
	if (sandbox->guard > 0)
		while (waitpid(sandbox->guard, NULL, 0) < 0 && errno == EINTR)
			;
	*sandbox = SANDBOX_INIT;
}

int sandbox_set_mtu(unsigned mtu)
{
	static const char *const ends[] = {SANDBOX_VETH, SANDBOX_PEER};
	char text[16];

	snprintf(text, sizeof(text), "%u", mtu);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (command_run("ip", "link", "set", ends[i], "mtu", text, NULL))
			return -EIO;
	return 0;
}

int sandbox_join_cgroup(const struct sandbox *sandbox)
{
	char path[sizeof(sandbox->cgroup) + 16];
	cleanup_close int fd = -1;

	snprintf(path, sizeof(path), "%s/cgroup.procs", sandbox->cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) < 0)
		return -errno;
	return 0;
}
