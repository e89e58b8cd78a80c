/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/loader_process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/kernel/loader_fds.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"
#include "lib/version.h"

#define REPORT_SIZE_MAX (4UL * 1024 * 1024)
#define LOADER_NICENESS 10

struct loader_process {
	pid_t pid; /* 0 once it is reaped */
	int report_fd;
	bool timed_out;
	uint64_t timeout_usec;
	sd_event_source *child;
	sd_event_source *timer;
	loader_done_fn done;
	void *data;
};

struct loader_process *loader_process_free(struct loader_process *process)
{
	if (!process)
		return NULL;
	sd_event_source_disable_unref(process->timer);
	sd_event_source_disable_unref(process->child);
	if (process->pid > 0) {
		(void)kill(process->pid, SIGKILL);
		(void)waitpid(process->pid, NULL, 0);
	}
	close_and_forget(&process->report_fd);
	free(process);
	return NULL;
}

/* ---- the report ---- */

static json_t *read_report(int fd)
{
	cleanup_free char *text = NULL;
	size_t length;

	if (lseek(fd, 0, SEEK_SET) < 0 || file_read_all(fd, REPORT_SIZE_MAX, &text, &length) < 0)
		return NULL;
	return json_loadb(text, length, 0, NULL);
}

/* Fills the failure unless the report says "done". All of this is before the first flip. */
static bool report_is_good(json_t *report, const siginfo_t *end, struct failure *failure)
{
	const char *outcome = json_string_value(json_object_get(report, "outcome"));
	const char *message = json_string_value(json_object_get(report, "message"));

	if (outcome && strcmp(outcome, outcome_name(OUTCOME_DONE)) == 0)
		return true;
	if (message)
		(void)failure_set(failure, OUTCOME_REFUSED, 0, "%s", message);
	else
		(void)failure_set(
			failure, OUTCOME_REFUSED, 0,
			"the loader ended with status %d and without a report, as when "
			"LoadMemoryMax= leaves it no room to start, or when --loader names "
			"something else; nothing was touched",
			end->si_status);
	return false;
}

static bool ended_well(const struct loader_process *process, const siginfo_t *end,
		       struct failure *failure)
{
	if (process->timed_out) {
		(void)failure_set(
			failure, OUTCOME_REFUSED, 0,
			"the loader did not end within LoadTimeout=%.6gs and was killed; "
			"nothing was touched. Raise it in ebpfd.conf if the verifier needs "
			"longer",
			(double)process->timeout_usec / 1e6);
		return false;
	}
	if (end->si_code == CLD_EXITED)
		return true;
	(void)failure_set(failure, OUTCOME_REFUSED, 0,
			  "the loader died of signal %d (%s): the object is damaged, or "
			  "LoadMemoryMax= is too low, which ebpfd.conf can raise; nothing was "
			  "touched",
			  end->si_status, strsignal(end->si_status));
	return false;
}

static int loader_exited(sd_event_source *source, const siginfo_t *end, void *data)
{
	struct loader_process *process = data;
	struct failure failure = {0};
	json_t *report = NULL;

	(void)source;
	process->pid = 0;
	if (ended_well(process, end, &failure)) {
		report = read_report(process->report_fd);
		if (!report_is_good(report, end, &failure)) {
			json_decref(report);
			report = NULL;
		}
	}
	process->done(process->data, report, &failure);
	json_decref(report);
	return 0;
}

static int loader_timed_out(sd_event_source *source, uint64_t usec, void *data)
{
	struct loader_process *process = data;

	(void)source;
	(void)usec;
	process->timed_out = true;
	(void)kill(process->pid, SIGKILL);
	return 0;
}

/* ---- the child ---- */

struct child_arguments {
	const char *path;
	char *const *argv;
	int fds[LOADER_FD_END_ - LOADER_FD_OBJECT]; /* in the order of enum loader_fd */
	uint64_t memory_max;
	pid_t parent;
};

/*
 * Between vfork and exec, in the memory of the daemon, which waits: system calls only, and nothing
 * written but variables of its own.
 */
static void __attribute__((noreturn)) run_child(const struct child_arguments *arguments)
{
	struct rlimit memory = {arguments->memory_max, arguments->memory_max};
	int moved[ARRAY_SIZE(arguments->fds)];
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != arguments->parent)
		_exit(127);
	(void)setpriority(PRIO_PROCESS, 0, LOADER_NICENESS);
	if (arguments->memory_max && setrlimit(RLIMIT_AS, &memory) < 0)
		_exit(127);
	/* Out of the way first: a source may have the number of another's target. */
	for (size_t i = 0; i < ARRAY_SIZE(moved); i++)
		moved[i] = fcntl(arguments->fds[i], F_DUPFD_CLOEXEC, LOADER_FD_END_);
	for (size_t i = 0; i < ARRAY_SIZE(moved); i++)
		if (dup2(moved[i], LOADER_FD_OBJECT + (int)i) < 0)
			_exit(127);
	(void)execv(arguments->path, arguments->argv);
	_exit(127);
}

static int memfd_with(const char *name, const char *text)
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

static pid_t spawn(const struct context *context, const struct loader_request *request,
		   int config_fd, int report_fd, int log_fd)
{
	char generation[16], active[16], bank[16], size[24];
	char *argv[] = {"ebpfd-loader",
			EBPFD_VERSION,
			"--root",
			(char *)context->root,
			"--unit",
			(char *)request->unit,
			"--object-path",
			(char *)request->object_path,
			"--file-path",
			(char *)request->file_path,
			"--generation",
			generation,
			"--active-generation",
			active,
			"--bank",
			bank,
			"--object-size-max",
			size,
			"--store",
			(char *)request->store,
			"--digest",
			(char *)request->digest,
			request->plan	      ? "--plan"
			: request->take_rings ? "--take-rings"
					      : NULL,
			NULL};
	struct child_arguments arguments = {
		.path = context->loader,
		.argv = argv,
		.fds = {request->object_fd, config_fd, report_fd, log_fd, context->root_fd},
		.memory_max = context->settings->load_memory_max,
		.parent = getpid(),
	};
	pid_t pid;

	(void)snprintf(generation, sizeof(generation), "%u", request->generation);
	(void)snprintf(active, sizeof(active), "%u", request->active_generation);
	(void)snprintf(bank, sizeof(bank), "%d", request->bank);
	(void)snprintf(size, sizeof(size), "%" PRIu64, context->settings->object_size_max);
	/* fork() copies the page tables of all mapped rings first, which takes milliseconds. */
	pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
	if (pid == 0)
		run_child(&arguments);
	return pid < 0 ? -errno : pid;
}

static int start_child(struct loader_process *process, const struct context *context,
		       const struct loader_request *request)
{
	cleanup_close int config_fd = memfd_with("ebpfd-config", request->config);
	cleanup_close int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (config_fd < 0)
		return config_fd;
	if (null_fd < 0)
		return -errno;
	process->report_fd = memfd_create("ebpfd-report", MFD_CLOEXEC);
	if (process->report_fd < 0)
		return -errno;
	process->pid = spawn(context, request, config_fd, process->report_fd,
			     request->log_fd >= 0 ? request->log_fd : null_fd);
	return process->pid < 0 ? process->pid : 0;
}

static int watch_child(struct loader_process *process, sd_event *event)
{
	int err = sd_event_add_child(event, &process->child, process->pid, WEXITED, loader_exited,
				     process);

	if (err < 0)
		return err;
	return sd_event_add_time_relative(event, &process->timer, CLOCK_MONOTONIC,
					  process->timeout_usec, 0, loader_timed_out, process);
}

int loader_process_start(const struct context *context, const struct loader_request *request,
			 loader_done_fn done, void *data, struct loader_process **ret,
			 struct failure *reterr_failure)
{
	struct loader_process *process;
	int err;

	if (access(context->loader, X_OK) < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, -errno,
					 "cannot run the loader \"%s\" (--loader names another)",
					 context->loader);
	process = calloc(1, sizeof(*process));
	if (!process)
		return -ENOMEM;
	process->report_fd = -1;
	process->done = done;
	process->data = data;
	process->timeout_usec = context->settings->load_timeout_usec;
	err = start_child(process, context, request);
	if (!err)
		err = watch_child(process, context->event);
	if (err < 0) {
		loader_process_free(process);
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "cannot start the loader \"%s\"", context->loader);
	}
	*ret = process;
	return 0;
}
