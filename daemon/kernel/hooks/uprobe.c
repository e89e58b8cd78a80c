/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "config/attach_uprobe.h"
#include "daemon/kernel/elf_symbol.h"
#include "daemon/kernel/hook.h"
#include "daemon/kernel/hooks/perf_event.h"
#include "lib/cleanup.h"

static int refuse_file(const struct attach *attach, struct failure *reterr_failure)
{
	return failure_set(reterr_failure, OUTCOME_REFUSED, -ENOENT,
			   "no file \"%s\"; give another path in Attach=", attach->target);
}

static int refuse_symbol(const struct attach *attach, const char *symbol, int err,
			 struct failure *reterr_failure)
{
	switch (err) {
	case -ENOENT:
		return refuse_file(attach, reterr_failure);
	case -ESRCH:
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, err,
			"no function \"%s\" in \"%s\"; nm and nm -D list what it has, or "
			"give the offset in the file",
			symbol, attach->target);
	case -ENOEXEC:
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, err,
			"\"%s\" is no ELF file, so that it has no functions by name; give "
			"an executable or a shared library",
			attach->target);
	case -EACCES:
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, err,
			"the loader opens no file \"%s\" that the object alone names, outside "
			"of /usr; name it in Attach=",
			attach->target);
	default:
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "cannot look for function \"%s\" in \"%s\"", symbol,
					 attach->target);
	}
}

/* Where in the file the instruction is, bytes. */
static int find_offset(const struct attach *attach, const struct uprobe_place *place, uint64_t *ret,
		       struct failure *reterr_failure)
{
	uint64_t start = 0;
	int err = place->symbol[0] ? elf_find_function(attach->target, place->symbol, &start) : 0;

	if (err)
		return refuse_symbol(attach, place->symbol, err, reterr_failure);
	*ret = start + place->offset;
	return 0;
}

static int refuse(const struct attach *attach, const struct uprobe_place *place, int err,
		  struct failure *reterr_failure)
{
	switch (err) {
	case -ENOENT:
		return refuse_file(attach, reterr_failure);
	case -ESRCH:
		return failure_set(reterr_failure, OUTCOME_REFUSED, err,
				   "no process %u; leave out pid= to probe all of them",
				   place->pid);
	case -EINVAL:
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, err,
			"the kernel takes no %s at %s of \"%s\": that is no regular file, "
			"or the place is beyond its end",
			hook_kind_name(attach->kind), attach->detail, attach->target);
	default:
		return failure_set_errno(
			reterr_failure, OUTCOME_REFUSED, err, "cannot open a %s at %s of \"%s\"",
			hook_kind_name(attach->kind), attach->detail, attach->target);
	}
}

/* All tasks, and then any one CPU; or one task on all CPUs. */
static int open_event(const struct attach *attach, struct failure *reterr_failure)
{
	struct perf_event_attr attributes = {
		.config = attach->kind == HOOK_URETPROBE ? PROBE_AT_RETURN : 0,
		.uprobe_path = (uintptr_t)attach->target};
	struct uprobe_place place;
	uint64_t offset = 0;
	int err, event;

	err = uprobe_place_parse(attach->detail, &place);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err, "\"%s\"",
					 attach->detail);
	err = perf_event_source("uprobe", &attributes.type);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "this kernel has no uprobes (CONFIG_UPROBE_EVENTS)");
	err = find_offset(attach, &place, &offset, reterr_failure);
	if (err)
		return err;
	attributes.probe_offset = offset;
	event = perf_event_open(&attributes, place.pid ? (pid_t)place.pid : -1, place.pid ? -1 : 0);
	return event < 0 ? refuse(attach, &place, event, reterr_failure) : event;
}

static int uprobe_attach(const struct attach *attach, int program_fd,
			 struct failure *reterr_failure)
{
	cleanup_close int event = open_event(attach, reterr_failure);

	if (event < 0)
		return event;
	return perf_event_link(event, program_fd, reterr_failure);
}

const struct hook_operations hook_uprobe = {.describe = probe_describe, .attach = uprobe_attach};
