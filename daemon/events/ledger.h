/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ledger of a unit: counts that outlive the daemon, one row per bank and ring. Layout and the
 * rule that makes a batch's counts appear all at once: bpf/abi.h.
 */
#pragma once

#include <linux/types.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"

/* A view of the mapped value; owns nothing. */
struct ledger {
	struct ebpfd_ledger *value;
};

/* Whose ring it is, where it is not all CPUs'. */
#define LEDGER_ALL_CPUS (-1)

/* One ring of a unit. */
struct ledger_place {
	unsigned bank;
	unsigned section; /* index of the [Events] section */
	int cpu;	  /* whose ring it is, or LEDGER_ALL_CPUS */
};

/*
 * Checks a mapped ledger: -EPROTO for a newer format, -EINVAL for one that has no head yet or whose
 * sizes contradict themselves or exceed `size`.
 */
int ledger_view(void *value, size_t size, struct ledger *ret);

/*
 * The row of a ring, emptied if it has counts of another generation, and partial if of a later one:
 * a kill in the middle of that leaves generation 0. NULL for a place that is none, or a row that
 * contradicts the ledger.
 */
struct ebpfd_ledger_row *ledger_row_open(const struct ledger *ledger,
					 const struct ledger_place *place, uint32_t generation);

/* The set in force, and the one that the next batch is written to. */
struct ebpfd_ledger_set *ledger_row_current(struct ebpfd_ledger_row *row);
struct ebpfd_ledger_set *ledger_row_spare(struct ebpfd_ledger_row *row);

/* Copies the set in force into the spare one, which the caller then adds to. */
struct ebpfd_ledger_set *ledger_row_begin(struct ebpfd_ledger_row *row);
/* Puts the spare set in force: one store. */
void ledger_row_commit(struct ebpfd_ledger_row *row);

/* From now on records before `position` may be delivered already. Never moves back. */
void ledger_row_mark(struct ebpfd_ledger_row *row, uint64_t position);

/* A copy of all rows of a bank, for ledger_put_back(). free() it; NULL without memory. */
void *ledger_copy(const struct ledger *ledger, unsigned bank);
/* Row by row, each as a whole or, after a kill in the middle, of generation 0. */
void ledger_put_back(const struct ledger *ledger, unsigned bank, const void *copy);

/* Sum over CPUs of the set in force. */
uint64_t ledger_row_consumed(struct ebpfd_ledger_row *row);
