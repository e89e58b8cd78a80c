/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kinds have in common whose programs belong to a perf event. */
#pragma once

#include <linux/perf_event.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/kernel/hook.h"

/* The bit in `config` that has a kprobe or uprobe at the return (.../format/retprobe in sysfs). */
#define PROBE_AT_RETURN 1

/*
 * Of kprobes and uprobes, as struct hook_operations wants it. A verdict of 0 ends the matter,
 * another one has the kernel write a record for the perf event, which nobody reads. The event is
 * the link's own, so that nobody else misses anything (kernel/trace/trace_kprobe.c,
 * kprobe_perf_func(); trace_uprobe.c, __uprobe_perf_func()).
 */
int probe_describe(const struct attach *attach, struct hook_type *ret,
		   struct failure *reterr_failure);

/*
 * Opens an event of one task (else -1) or on one CPU (else -1); `size` is set here. A descriptor or
 * a negative errno.
 */
int perf_event_open(struct perf_event_attr *attributes, pid_t pid, int cpu);

/*
 * The number that the kernel gave a source of events which it has under
 * /sys/bus/event_source/devices, such as "kprobe". 0 or a negative errno; -ENOENT: it has no such.
 */
int perf_event_source(const char *name, uint32_t *ret);

/*
 * Makes the program run at the event: by a link, which keeps the event (Linux 5.15 and later), else
 * by a map that does (held_event.h). The descriptor of either, to be pinned, or a negative errno.
 */
int perf_event_link(int event, int program_fd, struct failure *reterr_failure);
