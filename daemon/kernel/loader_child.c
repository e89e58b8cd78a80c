/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/loader_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/macro.h"

#define REPORT_SIZE_MAX (4UL * 1024 * 1024)
#define LOADER_NICENESS 10

/*
 * Between vfork and exec, in the memory of the parent, which waits: system calls only, and nothing
 * written but variables of its own.
 */
static void __attribute__((noreturn)) run_child(const struct loader_child *child, pid_t parent)
{
	struct rlimit memory = {child->memory_max, child->memory_max};
	int moved[ARRAY_SIZE(child->fds)];
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	(void)setpriority(PRIO_PROCESS, 0, LOADER_NICENESS);
	if (child->memory_max && setrlimit(RLIMIT_AS, &memory) < 0)
		_exit(127);
	/* Out of the way first: a source may have the number of another's target. */
	for (size_t i = 0; i < ARRAY_SIZE(moved); i++)
		moved[i] = fcntl(child->fds[i], F_DUPFD_CLOEXEC, LOADER_FD_END_);
	for (size_t i = 0; i < ARRAY_SIZE(moved); i++)
		if (dup2(moved[i], LOADER_FD_OBJECT + (int)i) < 0)
			_exit(127);
	(void)execv(child->path, child->argv);
	_exit(127);
}

pid_t loader_child_start(const struct loader_child *child)
{
	pid_t parent = getpid(), pid;

	/* fork() copies the page tables of all mapped rings first, which takes milliseconds. */
	pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
	if (pid == 0)
		run_child(child, parent);
	return pid < 0 ? -errno : pid;
}

int loader_child_text(const char *name, const char *text)
{
	cleanup_close int fd = memfd_create(name, MFD_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = file_write_all(fd, text, strlen(text));
	if (!err && lseek(fd, 0, SEEK_SET) < 0)
		err = -errno;
	return err ? err : TAKE_FD(fd);
}

json_t *loader_child_report(int report_fd)
{
	cleanup_free char *text = NULL;
	size_t length;

	if (lseek(report_fd, 0, SEEK_SET) < 0 ||
	    file_read_all(report_fd, REPORT_SIZE_MAX, &text, &length) < 0)
		return NULL;
	return json_loadb(text, length, 0, NULL);
}
