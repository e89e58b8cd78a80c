/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/hooks/perf_event.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/kernel/held_event.h"
#include "lib/file.h"
#include "lib/str.h"

int probe_describe(const struct attach *attach, struct hook_type *ret,
		   struct failure *reterr_failure)
{
	(void)attach;
	(void)reterr_failure;
	*ret = (struct hook_type){.program_type = BPF_PROG_TYPE_KPROBE, .has_task = true};
	return 0;
}

int perf_event_open(struct perf_event_attr *attributes, pid_t pid, int cpu)
{
	int event;

	attributes->size = sizeof(*attributes);
	event = (int)syscall(SYS_perf_event_open, attributes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return event < 0 ? -errno : event;
}

int perf_event_source(const char *name, uint32_t *ret)
{
	char path[PATH_MAX];
	uint64_t number;
	int err = str_format(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", name);

	if (!err)
		err = file_read_number(path, &number);
	if (!err)
		*ret = (uint32_t)number;
	return err;
}

int perf_event_link(int event, int program_fd, struct failure *reterr_failure)
{
	int link = bpf_link_create(program_fd, event, BPF_PERF_EVENT, NULL);

	/* Type and event fit: before there were such links, this is all that the kernel says. */
	if (link == -EINVAL)
		link = held_event_make(event, program_fd);
	if (link < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, link,
					 "cannot attach to the event");
	return link;
}
