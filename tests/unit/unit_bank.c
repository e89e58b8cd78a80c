/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bank that is not read yet, or only in part because a ring was refused. */
#include "tests/unit/expect.h"

#include "daemon/unit/bank.h"
#include "daemon/unit/bank_events.h"

static int never(struct stream *stream, void *data)
{
	(void)stream;
	(void)data;
	return -EINVAL;
}

static void rings_without_a_stream_are_passed_over(void **state)
{
	struct bank_ring rings[] = {{.fd = -1}, {.fd = -1}};
	struct bank bank = BANK_INIT;

	(void)state;
	bank.sections[0] = (struct bank_section){.rings = rings, .ring_count = ARRAY_SIZE(rings)};
	bank.section_count = 1;
	assert_int_equal(bank_for_each_stream(&bank, never, NULL), 0);
	assert_int_equal(bank_drain(&bank), 0);
	assert_int_equal(bank_consumed(&bank), 0);
	assert_true(bank_is_drained(&bank));
	bank_hold(&bank, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rings_without_a_stream_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
