/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "daemon/kernel/code.h"
#include "daemon/kernel/hook.h"
#include "daemon/kernel/hooks/perf_event.h"
#include "daemon/kernel/hooks/tracefs.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

/*
 * Not 0: the verdicts of all programs at a tracepoint are and-ed, and 0 hides the event from
 * everybody else's perf events (kernel/trace/bpf_trace.c, trace_call_bpf()).
 */
#define TRACEPOINT_PASS 1

/* Of a file of an event, bytes. */
#define EVENT_TEXT_MAX (1024UL * 1024)

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

static int read_text(const char *event, const char *name, char **ret)
{
	char path[PATH_MAX];
	size_t length;
	int err = str_format(path, sizeof(path), "%s/%s", event, name);

	return err ? err : file_read_path(path, EVENT_TEXT_MAX, ret, &length);
}

static int read_id(const char *event, uint64_t *ret)
{
	char path[PATH_MAX];
	int err = str_format(path, sizeof(path), "%s/id", event);

	return err ? err : file_read_number(path, ret);
}

/* The event's directory in tracefs, and its id. */
static int find_event(const struct attach *attach, char ret[PATH_MAX], uint64_t *ret_id,
		      struct failure *reterr_failure)
{
	const char *tracefs = tracefs_mount();
	int err;

	if (!tracefs)
		return failure_set(reterr_failure, OUTCOME_REFUSED, -ENOENT,
				   "tracefs is not mounted; mount it: "
				   "mount -t tracefs tracefs /sys/kernel/tracing");
	err = str_format(ret, PATH_MAX, "%s/events/%s/%s", tracefs, attach->target, attach->detail);
	if (!err)
		err = read_id(ret, ret_id);
	if (err == -ENOENT)
		return failure_set(reterr_failure, OUTCOME_REFUSED, err,
				   "no tracepoint \"%s/%s\" in this kernel (see %s/events)",
				   attach->target, attach->detail, tracefs);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "tracepoint \"%s/%s\"", attach->target, attach->detail);
	return 0;
}

/* On all CPUs and tasks: perf lets a tracepoint with a program be opened once, for one CPU. */
static int open_event(const struct attach *attach, uint64_t id, struct failure *reterr_failure)
{
	struct perf_event_attr attributes = {.type = PERF_TYPE_TRACEPOINT, .config = id};
	int event = perf_event_open(&attributes, -1, 0);

	if (event < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, event,
					 "cannot open tracepoint \"%s/%s\"", attach->target,
					 attach->detail);
	return event;
}

static int tracepoint_attach(const struct attach *attach, int program_fd,
			     struct failure *reterr_failure)
{
	cleanup_close int event = -1;
	char path[PATH_MAX];
	uint64_t id = 0;
	int err;

	err = find_event(attach, path, &id, reterr_failure);
	if (err)
		return err;
	event = open_event(attach, id, reterr_failure);
	if (event < 0)
		return event;
	return perf_event_link(event, program_fd, reterr_failure);
}

/* ---- how far a program may read ---- */

/* Where the last field ends that the event's `format` lists, in bytes. */
static int read_record_size(const char *event, unsigned *ret)
{
	cleanup_free char *text = NULL;
	int err = read_text(event, "format", &text);
	unsigned size = 0;

	if (!text)
		return err;
	for (const char *at = text; (at = strstr(at, "\toffset:")); at++) {
		unsigned offset, length;

		if (sscanf(at, "\toffset:%u;\tsize:%u;", &offset, &length) == 2 &&
		    offset + length > size)
			size = offset + length;
	}
	*ret = size;
	return 0;
}

static int refuse_far_reader(const struct attach *attach, const char *function, const char *event,
			     struct failure *reterr_failure)
{
	unsigned size = 0;
	int err = read_record_size(event, &size);

	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err, "%s/format", event);
	return failure_set(reterr_failure, OUTCOME_REFUSED, -EACCES,
			   "function \"%s\" reads beyond the record of tracepoint \"%s/%s\", which "
			   "has %u bytes in this kernel; read only what %s/format lists",
			   function, attach->target, attach->detail, size, event);
}

static int load_pass(void)
{
	const struct bpf_insn code[] = {CODE_SET(BPF_REG_0, TRACEPOINT_PASS), CODE_EXIT};

	return bpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, "ebpfd_probe", "GPL", code, ARRAY_SIZE(code),
			     NULL);
}

/*
 * A program of a tracepoint's perf event runs for all tasks, and even if the event is disabled: it
 * belongs to the tracepoint. So it must not be attached to be tried. But the kernel refuses what
 * reads too far (EACCES) before it refuses a second program (EEXIST): kernel/trace/bpf_trace.c,
 * perf_event_attach_bpf_prog(), called last by kernel/events/core.c, perf_event_set_bpf_prog().
 * Returns that error.
 */
static int try_second(int event, int program_fd)
{
	cleanup_close int first = load_pass();

	if (first < 0)
		return first;
	if (ioctl(event, PERF_EVENT_IOC_SET_BPF, first) < 0)
		return -errno;
	return ioctl(event, PERF_EVENT_IOC_SET_BPF, program_fd) < 0 ? -errno : -ENOTRECOVERABLE;
}

/* Where the event is in use already, another descriptor of it patches nothing: `known_fd` is idle.
 */
static int tracepoint_check_context(const struct attach *attach, const char *function,
				    int program_fd, int known_fd, struct failure *reterr_failure)
{
	cleanup_close int event = -1;
	char path[PATH_MAX];
	uint64_t id = 0;
	int err = find_event(attach, path, &id, reterr_failure);

	(void)known_fd;
	if (err)
		return err;
	event = open_event(attach, id, reterr_failure);
	if (event < 0)
		return event;
	err = try_second(event, program_fd);
	if (err == -EEXIST)
		return 0;
	if (err == -EACCES)
		return refuse_far_reader(attach, function, path, reterr_failure);
	return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
				 "cannot tell whether function \"%s\" fits tracepoint \"%s/%s\"",
				 function, attach->target, attach->detail);
}

const struct hook_operations hook_tracepoint = {.describe = tracepoint_describe,
						.attach = tracepoint_attach,
						.check_context = tracepoint_check_context};
