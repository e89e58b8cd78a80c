/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers questions for figures: gathers on the loop, completes and renders on a thread of its own,
 * which neither the loop nor an operation waits for. While there are questions, and for some time
 * after the last one, the kernel counts runs.
 */
#pragma once

#include "daemon/figures/figures.h"

struct collector;

/* Questions under way at a time; one more is OUTCOME_BUSY. */
#define COLLECTOR_QUESTIONS_MAX 8

/* How long after the last question runs are counted still: longer than scrapers pause. */
#define COLLECTOR_LINGER_USEC (150ULL * 1000000)

struct collector_question {
	struct figures_wanted wanted;
	/*
	 * On the collector's thread: makes the answer of complete figures, for free(3). NULL if
	 * memory is out.
	 */
	char *(*render)(const struct figures *figures, void *data, size_t *ret_length);
	/* Once, on the loop: the answer, to be taken over, or NULL and the failure. */
	void (*done)(void *data, char *answer, size_t length, const struct failure *failure);
	void *data;
};

int collector_new(const struct units *units, struct collector **ret);
/*
 * Accepts NULL; returns NULL. Questions under way are dropped: each `done` is called with a
 * failure.
 */
struct collector *collector_free(struct collector *collector);

/* 0, or a negative errno with the failure, after which `done` is not called. */
int collector_ask(struct collector *collector, const struct collector_question *question,
		  struct failure *reterr_failure);

/* Where to look for the number of the bus's clients, on the loop; NULL: nobody counts them. */
void collector_count_clients(struct collector *collector, const size_t *count);
