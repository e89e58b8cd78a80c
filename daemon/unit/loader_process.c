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
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/kernel/loader_child.h"
#include "lib/cleanup.h"
#include "lib/str.h"
#include "lib/version.h"

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
		report = loader_child_report(process->report_fd);
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
	struct loader_child child = {
		.path = context->loader,
		.argv = argv,
		.fds = {request->object_fd, config_fd, report_fd, log_fd, context->root_fd},
		.memory_max = context->settings->load_memory_max,
	};

	(void)snprintf(generation, sizeof(generation), "%u", request->generation);
	(void)snprintf(active, sizeof(active), "%u", request->active_generation);
	(void)snprintf(bank, sizeof(bank), "%d", request->bank);
	(void)snprintf(size, sizeof(size), "%" PRIu64, context->settings->object_size_max);
	return loader_child_start(&child);
}

static int start_child(struct loader_process *process, const struct context *context,
		       const struct loader_request *request)
{
	cleanup_close int config_fd = loader_child_text("ebpfd-config", request->config);
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
