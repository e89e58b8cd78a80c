/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/expect.h"

#include <stdlib.h>

#include "daemon/events/ledger.h"
#include "tests/support/ledger.h"

#define CPUS	   3
#define GENERATION 7

static struct ledger make(void)
{
	struct ledger ledger;

	ledger.value = ledger_make(CPUS);
	assert_non_null(ledger.value);
	return ledger;
}

static int view(struct ebpfd_ledger *value, size_t size)
{
	struct ledger ledger;

	return ledger_view(value, size, &ledger);
}

static void whole_ledger_is_viewed(void **state)
{
	struct ebpfd_ledger *value = ledger_make(CPUS);
	struct ledger ledger = {};

	(void)state;
	assert_int_equal(ledger_view(value, ebpfd_ledger_size(CPUS), &ledger), 0);
	assert_ptr_equal(ledger.value, value);
	free(value);
}

static void newer_format_is_told_apart(void **state)
{
	struct ebpfd_ledger *value = ledger_make(CPUS);

	(void)state;
	value->format = EBPFD_FORMAT + 1;
	assert_int_equal(view(value, ebpfd_ledger_size(CPUS)), -EPROTO);
	value->format = 0;
	assert_int_equal(view(value, ebpfd_ledger_size(CPUS)), -EINVAL);
	free(value);
}

static void contradicting_sizes_are_refused(void **state)
{
	struct ebpfd_ledger *value = ledger_make(CPUS);
	size_t size = ebpfd_ledger_size(CPUS);

	(void)state;
	assert_int_equal(view(value, sizeof(*value) - 1), -EINVAL);
	assert_int_equal(view(value, size - 1), -EINVAL);
	value->cpus = CPUS + 1;
	assert_int_equal(view(value, size), -EINVAL);
	value->cpus = 0;
	assert_int_equal(view(value, size), -EINVAL);
	/* So many that the size overflows 32 bits. */
	value->cpus = 0xffffffff;
	assert_int_equal(view(value, size), -EINVAL);
	free(value);
}

static struct ebpfd_ledger_row *open_row(const struct ledger *ledger, unsigned bank,
					 unsigned section, int cpu)
{
	const struct ledger_place place = {.bank = bank, .section = section, .cpu = cpu};

	return ledger_row_open(ledger, &place, GENERATION);
}

static void rows_do_not_overlap_and_fill_the_value(void **state)
{
	struct ledger ledger = make();
	char *expected = (char *)(ledger.value + 1);

	(void)state;
	for (unsigned bank = 0; bank < EBPFD_BANKS; bank++) {
		for (unsigned section = 0; section < EBPFD_RINGS_MAX; section++) {
			assert_ptr_equal(open_row(&ledger, bank, section, LEDGER_ALL_CPUS),
					 expected);
			expected += ebpfd_ledger_row_size(CPUS);
		}
		for (unsigned section = 0; section < EBPFD_RINGS_MAX; section++)
			for (int cpu = 0; cpu < CPUS; cpu++) {
				assert_ptr_equal(open_row(&ledger, bank, section, cpu), expected);
				expected += ebpfd_ledger_row_size(1);
			}
	}
	assert_ptr_equal(expected, (char *)ledger.value + ebpfd_ledger_size(CPUS));
	free(ledger.value);
}

static void places_that_do_not_exist_have_no_row(void **state)
{
	struct ledger ledger = make();
	const struct ledger_place place = {.cpu = LEDGER_ALL_CPUS};

	(void)state;
	assert_null(open_row(&ledger, EBPFD_BANKS, 0, LEDGER_ALL_CPUS));
	assert_null(open_row(&ledger, 0, EBPFD_RINGS_MAX, LEDGER_ALL_CPUS));
	assert_null(open_row(&ledger, 0, 0, CPUS));
	assert_null(open_row(&ledger, 0, 0, LEDGER_ALL_CPUS - 1));
	assert_null(ledger_row_open(&ledger, &place, 0));
	free(ledger.value);
}

/* Its cells would reach beyond it. */
static void row_that_contradicts_the_ledger_is_refused(void **state)
{
	struct ledger ledger = make();

	(void)state;
	open_row(&ledger, 0, 0, 1)->cells = CPUS;
	assert_null(open_row(&ledger, 0, 0, 1));
	free(ledger.value);
}

static void sets_of_a_row_lie_within_it(void **state)
{
	struct ledger ledger = make();
	struct ebpfd_ledger_row *row = open_row(&ledger, 1, EBPFD_RINGS_MAX - 1, CPUS - 1);
	char *second;

	(void)state;
	row->current = 1;
	second = (char *)ledger_row_current(row);
	assert_ptr_equal(ledger_row_spare(row), row + 1);
	assert_ptr_equal(second, (char *)(row + 1) + ebpfd_ledger_set_size(1));
	assert_ptr_equal(second + ebpfd_ledger_set_size(1),
			 (char *)ledger.value + ebpfd_ledger_size(CPUS));
	free(ledger.value);
}

static void batch_appears_only_by_its_commit(void **state)
{
	struct ledger ledger = make();
	struct ebpfd_ledger_row *row = open_row(&ledger, 0, 2, LEDGER_ALL_CPUS);
	struct ebpfd_ledger_set *set;

	(void)state;
	for (uint64_t batch = 1; batch <= 3; batch++) {
		set = ledger_row_begin(row);
		set->consumed[1] += 10;
		set->consumed[2] += 1;
		set->position = batch * 100;
		assert_int_equal(ledger_row_consumed(row), (batch - 1) * 11);
		ledger_row_commit(row);
		assert_int_equal(ledger_row_consumed(row), batch * 11);
		assert_int_equal(ledger_row_current(row)->position, batch * 100);
	}
	free(ledger.value);
}

static void batch_without_commit_is_forgotten(void **state)
{
	struct ledger ledger = make();
	struct ebpfd_ledger_row *row = open_row(&ledger, 0, 0, LEDGER_ALL_CPUS);

	(void)state;
	ledger_row_begin(row)->consumed[0] = 5;
	/* A kill; the next reader starts over. */
	ledger_row_begin(row)->consumed[0] += 1;
	ledger_row_commit(row);
	assert_int_equal(ledger_row_consumed(row), 1);
	free(ledger.value);
}

static struct ebpfd_ledger_row *open_of(const struct ledger *ledger, int cpu, uint32_t generation)
{
	const struct ledger_place place = {.bank = 1, .section = 2, .cpu = cpu};

	return ledger_row_open(ledger, &place, generation);
}

static void count(struct ebpfd_ledger_row *row, uint64_t records)
{
	ledger_row_begin(row)->consumed[0] += records;
	ledger_row_commit(row);
}

static void row_that_a_later_generation_had_is_partial(void **state)
{
	struct ledger ledger = make();

	(void)state;
	count(open_of(&ledger, 0, GENERATION), 5);
	assert_int_equal(open_of(&ledger, 0, GENERATION)->partial, 0);
	assert_int_equal(open_of(&ledger, 0, GENERATION + 2)->partial, 0);
	assert_int_equal(open_of(&ledger, 0, GENERATION)->partial, 1);
	assert_int_equal(ledger_row_consumed(open_of(&ledger, 0, GENERATION)), 0);
	assert_int_equal(open_of(&ledger, 0, GENERATION + 2)->partial, 0);
	free(ledger.value);
}

static void rows_are_put_back_as_they_were(void **state)
{
	struct ledger ledger = make();
	void *copy;

	(void)state;
	count(open_of(&ledger, LEDGER_ALL_CPUS, GENERATION), 5);
	count(open_of(&ledger, CPUS - 1, GENERATION), 7);
	copy = ledger_copy(&ledger, 1);
	assert_non_null(copy);
	count(open_of(&ledger, LEDGER_ALL_CPUS, GENERATION + 1), 100);
	count(open_of(&ledger, CPUS - 1, GENERATION + 1), 100);
	ledger_put_back(&ledger, 1, copy);
	assert_int_equal(ledger_row_consumed(open_of(&ledger, LEDGER_ALL_CPUS, GENERATION)), 5);
	assert_int_equal(ledger_row_consumed(open_of(&ledger, CPUS - 1, GENERATION)), 7);
	assert_int_equal(open_of(&ledger, CPUS - 1, GENERATION)->partial, 0);
	free(copy);
	free(ledger.value);
}

static void mark_never_moves_back(void **state)
{
	struct ebpfd_ledger_row row = {.in_hand = 64};

	(void)state;
	ledger_row_mark(&row, 32);
	assert_int_equal(row.in_hand, 64);
	ledger_row_mark(&row, 128);
	assert_int_equal(row.in_hand, 128);
}

static void row_of_another_generation_is_emptied_alone(void **state)
{
	struct ledger ledger = make();
	struct ebpfd_ledger_row *row = open_row(&ledger, 0, 1, LEDGER_ALL_CPUS);
	struct ebpfd_ledger_row *next = open_row(&ledger, 0, 2, LEDGER_ALL_CPUS);

	(void)state;
	memset(row, 0xff, 2 * ebpfd_ledger_row_size(CPUS));
	assert_ptr_equal(open_row(&ledger, 0, 1, LEDGER_ALL_CPUS), row);
	assert_int_equal(row->generation, GENERATION);
	assert_int_equal(row->current, 0);
	assert_int_equal(row->in_hand, 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ledger_row_consumed(row), 0);
		assert_int_equal(ledger_row_current(row)->position, 0);
		assert_int_equal(ledger_row_current(row)->again, 0);
		assert_int_equal(ledger_row_current(row)->dropped, 0);
		ledger_row_commit(row);
	}
	assert_int_equal(next->generation, 0xffffffff);
	assert_int_equal(next->in_hand, UINT64_MAX);
	free(ledger.value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_ledger_is_viewed),
		cmocka_unit_test(newer_format_is_told_apart),
		cmocka_unit_test(contradicting_sizes_are_refused),
		cmocka_unit_test(rows_do_not_overlap_and_fill_the_value),
		cmocka_unit_test(places_that_do_not_exist_have_no_row),
		cmocka_unit_test(row_that_contradicts_the_ledger_is_refused),
		cmocka_unit_test(sets_of_a_row_lie_within_it),
		cmocka_unit_test(batch_appears_only_by_its_commit),
		cmocka_unit_test(batch_without_commit_is_forgotten),
		cmocka_unit_test(row_that_a_later_generation_had_is_partial),
		cmocka_unit_test(rows_are_put_back_as_they_were),
		cmocka_unit_test(mark_never_moves_back),
		cmocka_unit_test(row_of_another_generation_is_emptied_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
