/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs that the kernel left out because a program ran on that CPU already: events nobody saw. */
#pragma once

#include <stdint.h>

#include "config/attach.h"

/*
 * Runs skipped of the program that a hook's link runs, since it was loaded: of an entry over all
 * generations. Networking and cgroup programs are never skipped. A raw tracepoint program is
 * skipped where it interrupts itself, and the kernel counts that with the program
 * (include/trace/bpf_probe.h, kernel/trace/bpf_trace.c, __bpf_trace_run()); so is one at fentry,
 * fexit or lsm (kernel/bpf/trampoline.c, __bpf_prog_enter_recur()). -EOPNOTSUPP for other
 * kinds: not every kernel counts their skipped runs, and none tells whether it does.
 */
int skipped_read(const struct attach *attach, uint32_t program_id, uint64_t *ret);
