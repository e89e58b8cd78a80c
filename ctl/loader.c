/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/kernel/loader_child.h"
#include "lib/bus_names.h"
#include "lib/cleanup.h"
#include "lib/version.h"

#define USEC_PER_MSEC 1000

int loader_init(const char *path, struct loader *ret, struct failure *reterr_failure)
{
	struct loader loader = {.path = path ? path : EBPFD_LOADER_PATH};
	int err;

	if (access(loader.path, X_OK) < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -errno,
					 "cannot run the loader \"%s\" (--loader names another)",
					 loader.path);
	err = daemon_file_init(&loader.settings);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err, "%s",
					 DEFAULT_CONFIG_FILE);
	err = daemon_file_read(DEFAULT_CONFIG_FILE, &loader.settings, reterr_failure);
	if (err && err != -ENOENT && err != -EACCES) {
		daemon_file_deinit(&loader.settings);
		return err;
	}
	*ret = loader;
	return 0;
}

void loader_deinit(struct loader *loader)
{
	daemon_file_deinit(&loader->settings);
}

void loader_arguments_add(struct loader_arguments *arguments, const char *word)
{
	size_t room = arguments->count + 2;
	char **words = reallocarray(arguments->words, room, sizeof(*words));

	if (!words) {
		arguments->failed = true;
		return;
	}
	words[arguments->count++] = (char *)word;
	words[arguments->count] = NULL;
	arguments->words = words;
}

void loader_arguments_deinit(struct loader_arguments *arguments)
{
	free(arguments->words);
	arguments->words = NULL;
}

/* ---- the child ---- */

/* The time limit, as poll(2) has it. */
static int timeout_msec(const struct loader *loader)
{
	uint64_t msec = (loader->settings.load_timeout_usec + USEC_PER_MSEC - 1) / USEC_PER_MSEC;

	return msec > INT32_MAX ? -1 : (int)msec;
}

static int wait_for_end(const struct loader *loader, pid_t pid, siginfo_t *ret,
			struct failure *reterr_failure)
{
	cleanup_close int end = pidfd_open(pid, 0);
	struct pollfd poll_fd = {.fd = end, .events = POLLIN};
	int ended = end < 0 ? -1 : poll(&poll_fd, 1, timeout_msec(loader));

	if (ended <= 0)
		(void)kill(pid, SIGKILL);
	while (waitid(P_PID, (id_t)pid, ret, WEXITED) < 0 && errno == EINTR)
		;
	if (ended == 0)
		return failure_set(reterr_failure, OUTCOME_FAILED, -ETIMEDOUT,
				   "the loader did not end within LoadTimeout=%.6gs and was "
				   "killed; raise it in " DEFAULT_CONFIG_FILE
				   " if the verifier needs longer",
				   (double)loader->settings.load_timeout_usec / 1e6);
	return 0;
}

/* `config_fd`: the second file. */
static int run_child(const struct loader *loader, char *const *argv,
		     const struct loader_input *input, int config_fd, json_t **ret_report,
		     siginfo_t *ret_end, struct failure *reterr_failure)
{
	cleanup_close int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	cleanup_close int report_fd = memfd_create("ebpfctl-report", MFD_CLOEXEC);
	const struct loader_child child = {
		.path = loader->path,
		.argv = argv,
		.fds = {input->object_fd, config_fd, report_fd,
			input->log_fd < 0 ? null_fd : input->log_fd, null_fd},
		.memory_max = loader->settings.load_memory_max,
	};
	pid_t pid;
	int err;

	if (null_fd < 0 || report_fd < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -errno,
					 "cannot start the loader");
	pid = loader_child_start(&child);
	if (pid < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, pid,
					 "cannot start the loader \"%s\"", loader->path);
	err = wait_for_end(loader, pid, ret_end, reterr_failure);
	if (!err)
		*ret_report = loader_child_report(report_fd);
	return err;
}

static int run_with_config(const struct loader *loader, char *const *argv,
			   const struct loader_input *input, json_t **ret_report,
			   siginfo_t *ret_end, struct failure *reterr_failure)
{
	cleanup_close int config_fd =
		loader_child_text("ebpfctl-unit", input->config ? input->config : "");

	if (config_fd < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, config_fd,
					 "cannot start the loader");
	return run_child(loader, argv, input, input->former_fd < 0 ? config_fd : input->former_fd,
			 ret_report, ret_end, reterr_failure);
}

static int judge(const json_t *report, const siginfo_t *end, struct failure *reterr_failure)
{
	const char *outcome = json_string_value(json_object_get(report, "outcome"));
	const char *message = json_string_value(json_object_get(report, "message"));

	if (end->si_code != CLD_EXITED)
		return failure_set(reterr_failure, OUTCOME_FAILED, -EPROTO,
				   "the loader died of signal %d (%s): the object is damaged, or "
				   "LoadMemoryMax= is too low, which " DEFAULT_CONFIG_FILE
				   " can raise",
				   end->si_status, strsignal(end->si_status));
	if (outcome && strcmp(outcome, outcome_name(OUTCOME_DONE)) == 0)
		return 0;
	if (outcome && message)
		return failure_set(reterr_failure, outcome_from_name(outcome), -EINVAL, "%s",
				   message);
	return failure_set(reterr_failure, OUTCOME_FAILED, -EPROTO,
			   "the loader ended with status %d and without a report, as when "
			   "LoadMemoryMax= leaves it no room to start, or when --loader names "
			   "something else",
			   end->si_status);
}

int loader_run(const struct loader *loader, const struct loader_arguments *arguments,
	       const struct loader_input *input, json_t **ret, struct failure *reterr_failure)
{
	struct loader_arguments all = {0};
	json_t *report = NULL;
	siginfo_t end = {0};
	char size[24];
	int err = 0;

	(void)snprintf(size, sizeof(size), "%" PRIu64, loader->settings.object_size_max);
	loader_arguments_add(&all, "ebpfd-loader");
	loader_arguments_add(&all, EBPFD_VERSION);
	for (size_t i = 0; i < arguments->count; i++)
		loader_arguments_add(&all, arguments->words[i]);
	loader_arguments_add(&all, "--object-size-max");
	loader_arguments_add(&all, size);
	if (arguments->failed || all.failed)
		err = failure_set_errno(reterr_failure, OUTCOME_FAILED, -ENOMEM,
					"cannot start the loader");
	if (!err)
		err = run_with_config(loader, all.words, input, &report, &end, reterr_failure);
	if (!err)
		err = judge(report, &end, reterr_failure);
	loader_arguments_deinit(&all);
	if (err)
		json_decref(report);
	else
		*ret = report;
	return err;
}
