/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 64-bit integers as strings. */
#include "tests/unit/expect.h"

#include <bpf/btf.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>

#include "bpf/record.h"
#include "daemon/events/decode.h"
#include "daemon/events/decode_wide.h"
#include "lib/cleanup.h"

struct record {
	struct ebpfd_record header;
	__u64 big;
	__s64 small;
	__u64 list[2];
	__u32 narrow;
	__u32 padding;
};

static struct btf *make_btf(void)
{
	struct btf *btf = btf__new_empty();
	int u16 = btf__add_int(btf, "unsigned short", 2, 0);
	int u32 = btf__add_int(btf, "unsigned int", 4, 0);
	int u64 = btf__add_int(btf, "unsigned long long", 8, 0);
	int s64 = btf__add_int(btf, "long long", 8, BTF_INT_SIGNED);
	int list = btf__add_array(btf, u32, u64, 2);
	int header = btf__add_struct(btf, "ebpfd_record", 24);

	btf__add_field(btf, "type", u16, 0, 0);
	btf__add_field(btf, "hook", u16, 16, 0);
	btf__add_field(btf, "cpu", u32, 32, 0);
	btf__add_field(btf, "number", u64, 64, 0);
	btf__add_field(btf, "time", u64, 128, 0);
	btf__add_struct(btf, "record", sizeof(struct record));
	btf__add_field(btf, "header", header, 0, 0);
	btf__add_field(btf, "big", u64, 192, 0);
	btf__add_field(btf, "small", s64, 256, 0);
	btf__add_field(btf, "list", list, 320, 0);
	btf__add_field(btf, "narrow", u32, 448, 0);
	return btf;
}

/* In memory of just the size that the decoder asks for: a sanitizer sees any step beyond. */
static void expect_line(const struct decoder *decoder, const struct record *record,
			const char *expected)
{
	const struct ring_record in_ring = {.data = record, .length = sizeof(*record)};
	cleanup_free char *line = malloc(decoder_line_max(decoder, in_ring.length));
	size_t length = decoder_line(decoder, &in_ring, true, line);

	assert_int_equal(length, strlen(expected));
	assert_memory_equal(line, expected, length);
}

static void numbers_of_64_bits_alone_become_strings(void **state)
{
	static const struct record record = {
		.header = {.cpu = 3, .number = UINT64_MAX, .time = UINT64_MAX},
		.big = UINT64_MAX,
		.small = INT64_MIN,
		.list = {UINT64_MAX, 0},
		.narrow = UINT32_MAX,
	};
	char *records[] = {"record"};
	struct unit_events events = {.records = records, .record_count = 1};
	struct btf *btf = make_btf();
	const struct decoder_settings settings = {
		.unit = "fw", .generation = 3, .events = &events, .btf = btf};
	struct decoder *decoder, *wide;
	struct failure failure;

	(void)state;
	assert_int_equal(decoder_new(&settings, &decoder, &failure), 0);
	assert_int_equal(decoder_wide_new(decoder, &wide), 0);
	expect_line(wide, &record,
		    "{\"unit\":\"fw\",\"generation\":3,\"type\":\"record\",\"cpu\":3,"
		    "\"time\":\"18446744073709551615\",\"number\":\"18446744073709551615\","
		    "\"again\":true,\"big\":\"18446744073709551615\","
		    "\"small\":\"-9223372036854775808\","
		    "\"list\":[\"18446744073709551615\",\"0\"],\"narrow\":4294967295}");
	expect_line(decoder, &record,
		    "{\"unit\":\"fw\",\"generation\":3,\"type\":\"record\",\"cpu\":3,"
		    "\"time\":18446744073709551615,\"number\":18446744073709551615,"
		    "\"again\":true,\"big\":18446744073709551615,"
		    "\"small\":-9223372036854775808,"
		    "\"list\":[18446744073709551615,0],\"narrow\":4294967295}");
	assert_null(decoder_wide_free(wide));
	decoder_free(decoder);
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_64_bits_alone_become_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
