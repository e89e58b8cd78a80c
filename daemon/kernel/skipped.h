/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs that the kernel left out because a program ran on that CPU already: events nobody saw. */
#pragma once

#include <stdint.h>

#include "daemon/kernel/manifest.h"
#include "daemon/kernel/place.h"

/*
 * Runs skipped at the hook since what is attached there was attached: with an entry over all
 * generations. Networking and cgroup programs are never skipped. A raw tracepoint program is
 * skipped where it interrupts itself, and the kernel counts that with the program
 * (include/trace/bpf_probe.h, kernel/trace/bpf_trace.c, __bpf_trace_run()). -EOPNOTSUPP for other
 * kinds: not every kernel counts their skipped runs, and none tells whether it does.
 */
int skipped_read(const struct unit_pins *pins, const struct manifest_hook *hook, uint64_t *ret);
