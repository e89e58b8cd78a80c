/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps made over and over by a process of their own, while the test does something else. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct traffic_state;

struct traffic {
	/* One step: 0 or a negative errno, which ends the traffic and fails the test. */
	int (*step)(void *data);
	int (*prepare)(void *data); /* called once before, in the same process; may be NULL */
	void *data;
	unsigned pause_usec; /* after each step */

	/* Private. */
	struct traffic_state *state;
	pid_t pid;
};

/* Memory of zeroes that a test shares with its traffic. Ends the test where there is none. */
void *traffic_share(size_t size);
void traffic_unshare(void *memory, size_t size);

/* Begins to make so many steps, or, with 0, goes on until traffic_end(). */
void traffic_begin(struct traffic *traffic, uint64_t steps);

/* Waits until one more step has been made that began after this call. */
void traffic_wait(const struct traffic *traffic);

/* Waits for the end, where `stop` asks for it. Returns how many steps were made. */
uint64_t traffic_end(struct traffic *traffic, bool stop);

/* CLOCK_MONOTONIC in nanoseconds, as records have it. */
uint64_t traffic_now(void);

/* Ends whatever still runs. Idempotent. */
void traffic_clean(struct traffic *traffic);
