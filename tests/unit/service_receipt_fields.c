/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts of a receipt as fields of a journal entry. */
#include "tests/unit/expect.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/service/receipt_fields.h"
#include "lib/cleanup.h"
#include "lib/str.h"

/* Takes the receipt over. */
static void expect_fields(json_t *receipt, const char *expected)
{
	size_t length = 0;
	cleanup_free char *fields = receipt_fields(receipt, &length);

	json_decref(receipt);
	assert_non_null(fields);
	assert_int_equal(length, strlen(fields));
	/* The receipt as a whole comes last. */
	assert_true(str_has_prefix(fields, expected, NULL));
	assert_true(str_has_prefix(fields + strlen(expected), "EBPFD_RECEIPT={", NULL));
	assert_ptr_equal(strchr(fields + strlen(expected), '\n'), fields + length - 1);
}

static void who_asked(void **state)
{
	(void)state;
	expect_fields(json_pack("{s:{s:s, s:i, s:i, s:s}}", "asked_by", "by", "client", "uid", 0,
				"pid", 12, "cgroup", "/user.slice"),
		      "EBPFD_ASKED_BY=client\nEBPFD_CLIENT_UID=0\nEBPFD_CLIENT_PID=12\n"
		      "EBPFD_CLIENT_CGROUP=/user.slice\n");
	expect_fields(json_pack("{s:{s:s}}", "asked_by", "by", "start"), "EBPFD_ASKED_BY=start\n");
	/* A process that is gone. */
	expect_fields(json_pack("{s:{s:s, s:n}}", "asked_by", "by", "client", "cgroup"),
		      "EBPFD_ASKED_BY=client\n");
}

static void digests_and_generations(void **state)
{
	(void)state;
	expect_fields(json_pack("{s:s, s:s, s:s, s:i, s:{s:i, s:i}}", "digest", "ab",
				"digest_before", "cd", "object", "/lib/fw.o", "usec", 17,
				"generation", "before", 4, "after", 5),
		      "EBPFD_DIGEST=ab\nEBPFD_DIGEST_BEFORE=cd\nEBPFD_OBJECT=/lib/fw.o\n"
		      "EBPFD_USEC=17\nEBPFD_GENERATION_BEFORE=4\n");
}

static void each_phase_has_a_field(void **state)
{
	(void)state;
	expect_fields(json_pack("{s:[{s:s, s:i}, {s:s, s:i}]}", "phases", "phase", "prepare",
				"usec", 900, "phase", "two words", "usec", 5),
		      "EBPFD_PHASE_PREPARE_USEC=900\nEBPFD_PHASE_TWO_WORDS_USEC=5\n");
}

static void each_map_has_a_verdict(void **state)
{
	(void)state;
	expect_fields(json_pack("{s:[{s:s, s:s}, {s:s, s:s}]}", "maps", "name", "flows", "verdict",
				"same", "name", "seen", "verdict", "reset"),
		      "EBPFD_MAP_VERDICT=flows same\nEBPFD_MAP_VERDICT=seen reset\n");
}

/* What the programs counted stands with each ring and is of all of them. */
static void the_identity_is_of_all_rings(void **state)
{
	static const char ring[] = "{s:i, s:i, s:i, s:s, s:i, s:i, s:i}";
	json_t *rings = json_array();

	(void)state;
	for (int i = 1; i <= 2; i++)
		json_array_append_new(rings, json_pack(ring, "generation", 3, "attempted", 100,
						       "failed", 7, "identity", "holds", "consumed",
						       40 * i, "in_ring", i, "again", 2 * i));
	expect_fields(json_pack("{s:o}", "events", rings),
		      "EBPFD_EVENTS_GENERATION=3\nEBPFD_EVENTS_ATTEMPTED=100\n"
		      "EBPFD_EVENTS_FAILED=7\nEBPFD_EVENTS_IDENTITY=holds\n"
		      "EBPFD_EVENTS_CONSUMED=120\nEBPFD_EVENTS_IN_RING=3\nEBPFD_EVENTS_AGAIN=6\n");
}

static void a_newline_begins_no_field(void **state)
{
	(void)state;
	expect_fields(json_pack("{s:s, s:[{s:s, s:s}]}", "object", "/a\nEBPFD_ASKED_BY=start",
				"maps", "name", "b\nMESSAGE=c", "verdict", "same"),
		      "EBPFD_OBJECT=/a EBPFD_ASKED_BY=start\nEBPFD_MAP_VERDICT=b MESSAGE=c same\n");
}

static void a_receipt_beyond_the_bound_is_left_out(void **state)
{
	static char text[RECEIPT_FIELD_MAX + 1];
	json_t *receipt;
	size_t length;
	cleanup_free char *fields = NULL;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	receipt = json_pack("{s:i, s:s}", "usec", 1, "text", text);
	fields = receipt_fields(receipt, &length);
	json_decref(receipt);
	assert_string_equal(fields, "EBPFD_USEC=1\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_asked),
		cmocka_unit_test(digests_and_generations),
		cmocka_unit_test(each_phase_has_a_field),
		cmocka_unit_test(each_map_has_a_verdict),
		cmocka_unit_test(the_identity_is_of_all_rings),
		cmocka_unit_test(a_newline_begins_no_field),
		cmocka_unit_test(a_receipt_beyond_the_bound_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
