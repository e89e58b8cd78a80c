/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ring, a perf event array and the programs that fill them, attached to nothing. */
#pragma once

#include <bpf/libbpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/bench/pour.h"

struct pourer {
	struct bpf_object *object;
	int ring_fd; /* of the object, as the next two */
	int perf_fd;
	int states_fd;
	volatile struct pour_orders *orders; /* shared with the programs */
};

struct pourer_counts {
	uint64_t attempted;
	uint64_t failed; /* of attempted: there was no room */
};

/* `ring_size`: a power of two of at least a page. Ends the process if the kernel has no room. */
void pourer_set_up(uint32_t ring_size, struct pourer *ret);
void pourer_take_down(struct pourer *pourer);

/* Runs the program on the calling CPU: runs * POUR_PER_RUN records of orders->length. */
void pourer_pour(const struct pourer *pourer, bool into_perf, uint32_t runs);

/* Sums over CPUs since the set-up. */
struct pourer_counts pourer_count(const struct pourer *pourer);
