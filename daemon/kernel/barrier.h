/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting until no CPU runs a program that was current before: the barrier of a reload. Each call
 * here waits for an RCU grace period, so none may be made on the loop: see waiter.h.
 *
 * Programs that may sleep are waited for by a call of their own. After it every record that an old
 * program reserved is committed or discarded, since the verifier lets no program end with a
 * reservation open.
 */
#pragma once

#include <stdbool.h>

/* A private ARRAY_OF_MAPS: an update of it waits (kernel/bpf/syscall.c, maybe_wait_bpf_programs()).
 */
struct barrier {
	int outer_fd;
	int inner_fd;
};

#define BARRIER_INIT ((struct barrier){.outer_fd = -1, .inner_fd = -1})

/* Makes the maps. 0 or a negative errno. */
int barrier_init(struct barrier *barrier);

/* Idempotent. */
void barrier_deinit(struct barrier *barrier);

/* Either way by itself; tests/integration/barrier.c proves them on the running kernel. */
int barrier_wait_map(const struct barrier *barrier);
/* -EINVAL under nohz_full (kernel/sched/membarrier.c); returns at once with one CPU online. */
int barrier_wait_membarrier(void);

/* Both: fails only if the map update fails, since membarrier is absent from some kernels. */
int barrier_wait(const struct barrier *barrier);

/*
 * Waits until no program that may sleep and was current before runs any more: as long as the
 * longest of them, all hooks of the machine taken together. -ETIMEDOUT after a minute; another
 * negative errno where the kernel has no such programs.
 */
int barrier_wait_sleepable(void);

/* barrier_wait(), and where some of the programs may sleep the other as well. */
int barrier_wait_all(const struct barrier *barrier, bool sleepable);
