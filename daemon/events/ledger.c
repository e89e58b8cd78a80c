/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/ledger.h"

#include <errno.h>
#include <linux/types.h>
#include <string.h>

/* More CPUs than any kernel is built for: keeps the sizes of a broken ledger from overflowing. */
#define CPUS_MAX 65536

/*
 * Stores to the ledger take effect in program order even if the process is killed between any two
 * of them; release keeps the compiler from moving them.
 */
#define STORE(place, value) __atomic_store_n(&(place), value, __ATOMIC_RELEASE)

int ledger_view(void *value, size_t size, struct ledger *ret)
{
	struct ebpfd_ledger *ledger = value;

	if (size < sizeof(*ledger) || ledger->format == 0)
		return -EINVAL;
	if (ledger->format > EBPFD_FORMAT)
		return -EPROTO;
	if (ledger->cpus == 0 || ledger->cpus > CPUS_MAX || ledger->size > size ||
	    ledger->size < ebpfd_ledger_size(ledger->cpus))
		return -EINVAL;
	ret->value = ledger;
	return 0;
}

struct ebpfd_ledger_row *ledger_row(const struct ledger *ledger, unsigned bank, unsigned ring)
{
	size_t index = bank * EBPFD_RINGS_MAX + ring;

	return (void *)((char *)(ledger->value + 1) +
			index * ebpfd_ledger_row_size(ledger->value->cpus));
}

static struct ebpfd_ledger_set *row_set(const struct ledger *ledger, struct ebpfd_ledger_row *row,
					unsigned index)
{
	return (void *)((char *)(row + 1) +
			(size_t)index * ebpfd_ledger_set_size(ledger->value->cpus));
}

struct ebpfd_ledger_set *ledger_row_current(const struct ledger *ledger,
					    struct ebpfd_ledger_row *row)
{
	return row_set(ledger, row, row->current & 1);
}

struct ebpfd_ledger_set *ledger_row_spare(const struct ledger *ledger, struct ebpfd_ledger_row *row)
{
	return row_set(ledger, row, ~row->current & 1);
}

struct ebpfd_ledger_set *ledger_row_begin(const struct ledger *ledger, struct ebpfd_ledger_row *row)
{
	struct ebpfd_ledger_set *spare = ledger_row_spare(ledger, row);

	memcpy(spare, ledger_row_current(ledger, row), ebpfd_ledger_set_size(ledger->value->cpus));
	return spare;
}

void ledger_row_commit(struct ebpfd_ledger_row *row)
{
	STORE(row->current, ~row->current & 1);
}

void ledger_row_mark(struct ebpfd_ledger_row *row, uint64_t position)
{
	if (row->in_hand < position)
		STORE(row->in_hand, position);
	/* Nothing that shows a record may come before the mark. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void ledger_row_reset(const struct ledger *ledger, struct ebpfd_ledger_row *row,
		      uint32_t generation)
{
	STORE(row->generation, 0);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	row->current = 0;
	row->in_hand = 0;
	memset(row + 1, 0, 2UL * ebpfd_ledger_set_size(ledger->value->cpus));
	STORE(row->generation, generation);
}

uint64_t ledger_row_consumed(const struct ledger *ledger, struct ebpfd_ledger_row *row)
{
	const struct ebpfd_ledger_set *set = ledger_row_current(ledger, row);
	uint64_t sum = 0;

	for (uint32_t cpu = 0; cpu < ledger->value->cpus; cpu++)
		sum += set->consumed[cpu];
	return sum;
}
