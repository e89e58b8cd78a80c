/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A real ring buffer and a program that fills it, run by BPF_PROG_TEST_RUN: attached to nothing. */
#pragma once

#include <bpf/libbpf.h>
#include <linux/types.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>

#include "tests/bpf/emit.h"

struct emitter {
	struct bpf_object *object;
	int ring_fd;			     /* of the object */
	volatile struct emit_orders *orders; /* shared with the program */
	pthread_t holder;
	cpu_set_t cpus; /* that the test may run on while nothing is held */
};

/* `size`: of the ring, a power of two of at least a page. 0 or a negative errno. */
int emitter_set_up(uint32_t size, struct emitter *ret);
void emitter_take_down(struct emitter *emitter);

/* Emits `count` records of `length` bytes each. Returns 0 or a negative errno. */
int emitter_emit(struct emitter *emitter, uint32_t count, uint32_t length);

/*
 * Keeps a record busy from a second thread until it is let go; returns when the record is in the
 * ring. To let it go waits for its commit. While it is held emitter_emit() may be used.
 */
int emitter_hold(struct emitter *emitter);
void emitter_let_go(struct emitter *emitter);
