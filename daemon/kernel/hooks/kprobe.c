/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "daemon/kernel/hook.h"
#include "daemon/kernel/hooks/perf_event.h"
#include "lib/cleanup.h"
#include "lib/str.h"

static uint64_t offset_of(const struct attach *attach)
{
	uint64_t offset = 0;

	(void)str_to_u64(attach->detail, &offset);
	return offset;
}

static int refuse(const struct attach *attach, int err, struct failure *reterr_failure)
{
	const char *function = attach->target;

	switch (err) {
	case -ENOENT:
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, err,
			"no function \"%s\" in this kernel, or none that a kprobe may be "
			"at; /proc/kallsyms has their names",
			function);
	case -EADDRNOTAVAIL:
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, err,
			"this kernel has several functions \"%s\", and cannot tell which "
			"one is meant; take one of another name that it calls or is called "
			"by",
			function);
	case -EILSEQ:
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, err,
			"offset %s of function \"%s\" is inside an instruction; take one "
			"at which an instruction begins",
			attach->detail, function);
	case -EINVAL:
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, err,
			"the kernel takes no %s at \"%s\"%s%s: it is beyond the function's end, or "
			"where kprobes are not allowed (/sys/kernel/debug/kprobes/blacklist); take "
			"another function or offset",
			hook_kind_name(attach->kind), function, attach->detail[0] ? "+" : "",
			attach->detail);
	default:
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "cannot open a %s at \"%s\"", hook_kind_name(attach->kind),
					 function);
	}
}

static int open_event(const struct attach *attach, struct failure *reterr_failure)
{
	struct perf_event_attr attributes = {
		.config = attach->kind == HOOK_KRETPROBE ? PROBE_AT_RETURN : 0,
		.kprobe_func = (uintptr_t)attach->target,
		.probe_offset = offset_of(attach)};
	int err = perf_event_source("kprobe", &attributes.type), event;

	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "this kernel has no kprobes (CONFIG_KPROBE_EVENTS); use "
					 "raw_tp or tracepoint");
	/* On all CPUs and tasks: the program belongs to the probe, and runs wherever that is hit.
	 */
	event = perf_event_open(&attributes, -1, 0);
	return event < 0 ? refuse(attach, event, reterr_failure) : event;
}

static int kprobe_attach(const struct attach *attach, int program_fd,
			 struct failure *reterr_failure)
{
	cleanup_close int event = open_event(attach, reterr_failure);

	if (event < 0)
		return event;
	return perf_event_link(event, program_fd, reterr_failure);
}

const struct hook_operations hook_kprobe = {.describe = probe_describe, .attach = kprobe_attach};
