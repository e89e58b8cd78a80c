/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The selector as plain memory: words, and the order in which an operation is named. */
#include "tests/unit/expect.h"

#include "daemon/kernel/selector.h"

#define EPOCH_7 (7ULL << EBPFD_WORD_EPOCH_SHIFT)

static void banks_have_names(void **state)
{
	(void)state;
	assert_string_equal(bank_name(BANK_NONE), "none");
	assert_string_equal(bank_name(0), "a");
	assert_string_equal(bank_name(1), "b");
}

static void word_tells_its_bank(void **state)
{
	(void)state;
	for (int bank = BANK_NONE; bank < EBPFD_BANKS; bank++)
		assert_int_equal(word_bank(word_with_bank(0, bank)), bank);
	/* A word that was never stored makes nothing active. */
	assert_int_equal(word_bank(0), BANK_NONE);
}

static void word_of_a_bank_is_the_abi(void **state)
{
	(void)state;
	assert_int_equal(word_with_bank(0, BANK_NONE), 0);
	assert_int_equal(word_with_bank(0, 0), 1);
	assert_int_equal(word_with_bank(0, 1), 2);
}

static void epoch_is_kept_and_candidate_and_share_are_not(void **state)
{
	uint64_t canary = EPOCH_7 | 1 | EBPFD_WORD_CANDIDATE | EBPFD_WORD_BY_TASK |
			  0xffffffffULL << EBPFD_WORD_SHARE_SHIFT;

	(void)state;
	assert_int_equal(word_with_bank(canary, 1), EPOCH_7 | 2);
	assert_int_equal(word_with_bank(canary, BANK_NONE), EPOCH_7);
	assert_int_equal(word_bank(canary), 0);
}

static void stored_word_is_read_back(void **state)
{
	struct ebpfd_selector selector = {0};

	(void)state;
	selector_store_word(&selector, EPOCH_7 | 2);
	assert_int_equal(selector.word, EPOCH_7 | 2);
	assert_int_equal(selector_word(&selector), EPOCH_7 | 2);
}

static void begin_names_operation_and_target_and_leaves_the_word(void **state)
{
	struct ebpfd_selector selector = {.word = 1, .former = 2};

	(void)state;
	selector_begin(&selector, EBPFD_OPERATION_RELOAD, 7, 2);
	assert_int_equal(selector.operation, EBPFD_OPERATION_RELOAD);
	assert_int_equal(selector.candidate, 7);
	assert_int_equal(selector.target, 2);
	assert_int_equal(selector.word, 1);
	assert_int_equal(selector.former, 2);
}

static void end_leaves_everything_but_the_operation(void **state)
{
	struct ebpfd_selector selector = {.word = 2,
					  .target = 2,
					  .former = 1,
					  .generation = {3, 4},
					  .operation = EBPFD_OPERATION_ROLLBACK},
			      expected = selector;

	(void)state;
	expected.operation = EBPFD_OPERATION_NONE;
	selector_end(&selector);
	assert_memory_equal(&selector, &expected, sizeof(selector));
}

static void word_has_a_cache_line_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(offsetof(struct ebpfd_selector, word), 0);
	assert_int_equal(offsetof(struct ebpfd_selector, format), 64);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(banks_have_names),
		cmocka_unit_test(word_tells_its_bank),
		cmocka_unit_test(word_of_a_bank_is_the_abi),
		cmocka_unit_test(epoch_is_kept_and_candidate_and_share_are_not),
		cmocka_unit_test(stored_word_is_read_back),
		cmocka_unit_test(begin_names_operation_and_target_and_leaves_the_word),
		cmocka_unit_test(end_leaves_everything_but_the_operation),
		cmocka_unit_test(word_has_a_cache_line_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
