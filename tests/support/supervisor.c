/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/supervisor.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "tests/support/build_path.h"
#include "tests/support/command.h"
#include "tests/support/ctl.h"
#include "tests/support/text_file.h"
#include "tests/unit/expect.h"

/* Patience for a daemon that starts, also under emulation: 60 s. */
#define START_STEPS	600
#define START_STEP_USEC 100000

static void run_daemon(const struct supervisor *supervisor)
{
	int log = open(supervisor->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	char daemon[PATH_MAX], loader[PATH_MAX];

	build_path("ebpfd", daemon, sizeof(daemon));
	build_path("ebpfd-loader", loader, sizeof(loader));
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	if (supervisor->keeper)
		fd_keeper_pass(supervisor->keeper);
	execl(daemon, "ebpfd", "--root", supervisor->root, "--runtime-dir", supervisor->runtime,
	      "--state-dir", supervisor->state, "--config", supervisor->config, "--loader", loader,
	      NULL);
	_exit(127);
}

static void show_log(const struct supervisor *supervisor)
{
	FILE *log = fopen(supervisor->log, "re");
	char line[1024];

	while (log && fgets(line, sizeof(line), log))
		print_message("# ebpfd: %s", line);
	if (log)
		fclose(log);
}

void supervisor_start_again(struct supervisor *supervisor)
{
	if (supervisor->keeper)
		fd_keeper_settle(supervisor->keeper);
	fflush(NULL);
	supervisor->pid = fork();
	assert_true(supervisor->pid >= 0);
	if (supervisor->pid == 0)
		run_daemon(supervisor);
	for (int i = 0; i < START_STEPS; i++) {
		if (ctl_run("--runtime-dir", supervisor->runtime, "ping", NULL)->status == 0)
			return;
		if (waitpid(supervisor->pid, NULL, WNOHANG) != 0)
			break;
		usleep(START_STEP_USEC);
	}
	show_log(supervisor);
	fail_msg("ebpfd does not answer");
}

static void path_in(const struct sandbox *sandbox, const char *name, char path[64])
{
	assert_true(snprintf(path, 64, "%s/%s", sandbox->folder, name) < 64);
}

static void start(struct supervisor *supervisor, const struct sandbox *sandbox)
{
	char text[128];

	path_in(sandbox, "bpf/ebpfd", supervisor->root);
	path_in(sandbox, "run", supervisor->runtime);
	path_in(sandbox, "units", supervisor->units);
	path_in(sandbox, "ebpfd.conf", supervisor->config);
	path_in(sandbox, "state", supervisor->state);
	path_in(sandbox, "log", supervisor->log);
	(void)mkdir(supervisor->units, 0700);
	/* A load has patience too: emulated, and beside other work, types of a kernel take long. */
	(void)snprintf(text, sizeof(text), "[Daemon]\nUnitsDirectory=%s\nLoadTimeout=10min\n",
		       supervisor->units);
	text_file_write(supervisor->config, text);
	supervisor_start_again(supervisor);
}

void supervisor_start(struct supervisor *supervisor, const struct sandbox *sandbox)
{
	*supervisor = (struct supervisor){0};
	start(supervisor, sandbox);
}

void supervisor_start_kept(struct supervisor *supervisor, const struct sandbox *sandbox,
			   struct fd_keeper *keeper)
{
	char path[64];

	*supervisor = (struct supervisor){.keeper = keeper};
	path_in(sandbox, "notify", path);
	fd_keeper_start(keeper, path);
	start(supervisor, sandbox);
}

void supervisor_kill(struct supervisor *supervisor)
{
	assert_true(supervisor->pid > 0);
	assert_int_equal(kill(supervisor->pid, SIGKILL), 0);
	assert_int_equal(waitpid(supervisor->pid, NULL, 0), supervisor->pid);
	supervisor->pid = 0;
}

static void empty_root(const char *root)
{
	DIR *directory = opendir(root);
	struct dirent *entry;
	char path[PIN_PATH_MAX];

	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		pin_path(path, root, "%s", entry->d_name);
		(void)bpffs_remove_unit(path);
	}
	if (directory)
		closedir(directory);
}

void supervisor_end(struct supervisor *supervisor)
{
	if (supervisor->pid > 0) {
		(void)kill(supervisor->pid, SIGKILL);
		(void)waitpid(supervisor->pid, NULL, 0);
	}
	supervisor->pid = 0;
	if (supervisor->keeper)
		fd_keeper_end(supervisor->keeper);
	if (!supervisor->root[0])
		return;
	empty_root(supervisor->root);
	(void)command_run("rm", "-rf", supervisor->units, supervisor->state, supervisor->log, NULL);
	*supervisor = (struct supervisor){0};
}

void supervisor_write_unit(const struct supervisor *supervisor, const char *name, const char *text)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s.conf", supervisor->units, name);
	text_file_write(path, text);
}

static const struct ctl_result *run_verb(const struct supervisor *supervisor, const char *verb,
					 const char *unit)
{
	return ctl_run("--runtime-dir", supervisor->runtime, "-o", "json", verb, unit, NULL);
}

const char *supervisor_do(const struct supervisor *supervisor, const char *verb, const char *unit)
{
	const struct ctl_result *result = run_verb(supervisor, verb, unit);

	if (result->status) {
		show_log(supervisor);
		fail_msg("ebpfctl %s %s: %d: %s%s", verb, unit, result->status, result->out,
			 result->err);
	}
	return result->out;
}

void supervisor_refuses(const struct supervisor *supervisor, const char *verb, const char *unit,
			int status, const char *part)
{
	const struct ctl_result *result = run_verb(supervisor, verb, unit);

	assert_int_equal(result->status, status);
	expect_text_has(result->out, part);
}
