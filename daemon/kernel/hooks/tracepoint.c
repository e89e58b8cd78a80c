/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/kernel/hook.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

/*
 * Not 0: the verdicts of all programs at a tracepoint are and-ed, and 0 hides the event from
 * everybody else's perf events (kernel/trace/bpf_trace.c, trace_call_bpf()).
 */
#define TRACEPOINT_PASS 1

static int tracepoint_describe(const struct attach *attach, struct hook_type *ret,
			       struct failure *reterr_failure)
{
	(void)attach;
	(void)reterr_failure;
	*ret = (struct hook_type){.program_type = BPF_PROG_TYPE_TRACEPOINT,
				  .has_task = true,
				  .neutral = TRACEPOINT_PASS};
	return 0;
}

static int read_id(const char *tracefs, const struct attach *attach, uint64_t *ret)
{
	cleanup_free char *text = NULL;
	cleanup_close int fd = -1;
	char path[PATH_MAX];
	size_t length;
	int err;

	err = str_format(path, sizeof(path), "%s/events/%s/%s/id", tracefs, attach->target,
			 attach->detail);
	if (err)
		return err;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = file_read_all(fd, 64, &text, &length);
	if (err)
		return err;
	if (length > 0 && text[length - 1] == '\n')
		text[length - 1] = '\0';
	return str_to_u64(text, ret);
}

static bool has_events(const char *tracefs)
{
	char path[PATH_MAX];

	return str_format(path, sizeof(path), "%s/events", tracefs) == 0 && access(path, F_OK) == 0;
}

static int find_id(const struct attach *attach, uint64_t *ret, struct failure *reterr_failure)
{
	static const char *const mounts[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		int err;

		if (!has_events(mounts[i]))
			continue;
		err = read_id(mounts[i], attach, ret);
		if (err == -ENOENT)
			return failure_set(reterr_failure, OUTCOME_REFUSED, err,
					   "no tracepoint \"%s/%s\" in this kernel (see %s/events)",
					   attach->target, attach->detail, mounts[i]);
		if (err)
			return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
						 "tracepoint \"%s/%s\"", attach->target,
						 attach->detail);
		return 0;
	}
	return failure_set(reterr_failure, OUTCOME_REFUSED, -ENOENT,
			   "tracefs is not mounted; mount it: "
			   "mount -t tracefs tracefs /sys/kernel/tracing");
}

/* On all CPUs and tasks: perf lets a tracepoint with a program be opened once, for one CPU. */
static int open_event(uint64_t id)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attributes), .config = id};

	return (int)syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

static int tracepoint_attach(const struct attach *attach, int program_fd,
			     struct failure *reterr_failure)
{
	cleanup_close int event = -1;
	uint64_t id = 0;
	int err, link;

	err = find_id(attach, &id, reterr_failure);
	if (err)
		return err;
	event = open_event(id);
	if (event < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, -errno,
					 "cannot open tracepoint \"%s/%s\"", attach->target,
					 attach->detail);
	/* A link of a perf event can be pinned (Linux 5.15 and later), the event's descriptor not.
	 */
	link = bpf_link_create(program_fd, event, BPF_PERF_EVENT, NULL);
	if (link < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, link,
					 "cannot attach to tracepoint \"%s/%s\"", attach->target,
					 attach->detail);
	return link;
}

const struct hook_operations hook_tracepoint = {.describe = tracepoint_describe,
						.attach = tracepoint_attach};
