/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/ledger.h"

#include <errno.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stdlib.h>
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

static char *bank_rows(const struct ledger *ledger, unsigned bank)
{
	return (char *)(ledger->value + 1) +
	       bank * (size_t)ebpfd_ledger_bank_size(ledger->value->cpus);
}

/* Of each set of a row. */
static uint32_t cells_of(const struct ledger *ledger, int cpu)
{
	return cpu == LEDGER_ALL_CPUS ? ledger->value->cpus : 1;
}

/* Where a row is among those of its bank. */
static size_t row_offset(const struct ledger *ledger, unsigned section, int cpu)
{
	uint32_t cpus = ledger->value->cpus;
	size_t wide = ebpfd_ledger_row_size(cpus);

	if (cpu == LEDGER_ALL_CPUS)
		return section * wide;
	return EBPFD_RINGS_MAX * wide +
	       ((size_t)section * cpus + (size_t)cpu) * ebpfd_ledger_row_size(1);
}

static void row_reset(struct ebpfd_ledger_row *row, uint32_t cells, uint32_t generation)
{
	bool partial = row->generation > generation;

	STORE(row->generation, 0);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	row->current = 0;
	row->cells = cells;
	row->partial = partial;
	row->in_hand = 0;
	memset(row + 1, 0, 2UL * ebpfd_ledger_set_size(cells));
	STORE(row->generation, generation);
}

struct ebpfd_ledger_row *ledger_row_open(const struct ledger *ledger,
					 const struct ledger_place *place, uint32_t generation)
{
	uint32_t cpus = ledger->value->cpus;
	uint32_t cells = cells_of(ledger, place->cpu);
	struct ebpfd_ledger_row *row;

	if (place->bank >= EBPFD_BANKS || place->section >= EBPFD_RINGS_MAX ||
	    place->cpu < LEDGER_ALL_CPUS || place->cpu >= (int)cpus || generation == 0)
		return NULL;
	row = (void *)(bank_rows(ledger, place->bank) +
		       row_offset(ledger, place->section, place->cpu));
	if (row->generation != generation)
		row_reset(row, cells, generation);
	return row->cells == cells ? row : NULL;
}

void *ledger_copy(const struct ledger *ledger, unsigned bank)
{
	size_t size = ebpfd_ledger_bank_size(ledger->value->cpus);
	void *copy = malloc(size);

	return copy ? memcpy(copy, bank_rows(ledger, bank), size) : NULL;
}

static void row_put_back(struct ebpfd_ledger_row *row, const struct ebpfd_ledger_row *from,
			 size_t size)
{
	size_t behind = sizeof(row->generation);

	STORE(row->generation, 0);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	memcpy((char *)row + behind, (const char *)from + behind, size - behind);
	STORE(row->generation, from->generation);
}

void ledger_put_back(const struct ledger *ledger, unsigned bank, const void *copy)
{
	int cpus = (int)ledger->value->cpus;
	char *rows = bank_rows(ledger, bank);

	for (unsigned section = 0; section < EBPFD_RINGS_MAX; section++)
		for (int cpu = LEDGER_ALL_CPUS; cpu < cpus; cpu++) {
			size_t offset = row_offset(ledger, section, cpu);

			row_put_back((void *)(rows + offset),
				     (const void *)((const char *)copy + offset),
				     ebpfd_ledger_row_size(cells_of(ledger, cpu)));
		}
}

static struct ebpfd_ledger_set *row_set(struct ebpfd_ledger_row *row, unsigned index)
{
	return (void *)((char *)(row + 1) + (size_t)index * ebpfd_ledger_set_size(row->cells));
}

struct ebpfd_ledger_set *ledger_row_current(struct ebpfd_ledger_row *row)
{
	return row_set(row, row->current & 1);
}

struct ebpfd_ledger_set *ledger_row_spare(struct ebpfd_ledger_row *row)
{
	return row_set(row, ~row->current & 1);
}

struct ebpfd_ledger_set *ledger_row_begin(struct ebpfd_ledger_row *row)
{
	struct ebpfd_ledger_set *spare = ledger_row_spare(row);

	memcpy(spare, ledger_row_current(row), ebpfd_ledger_set_size(row->cells));
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

uint64_t ledger_row_consumed(struct ebpfd_ledger_row *row)
{
	const struct ebpfd_ledger_set *set = ledger_row_current(row);
	uint64_t sum = 0;

	for (uint32_t cell = 0; cell < row->cells; cell++)
		sum += set->consumed[cell];
	return sum;
}
