/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting until no CPU runs a program that was current before: the barrier of a reload. Each call
 * here waits for an RCU grace period, so none may be made on the loop: see waiter.h.
 *
 * Covers programs that are not sleepable. After it every record that an old program reserved is
 * committed or discarded, since the verifier lets no program end with a reservation open.
 */
#pragma once

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
