/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of 64-bit types as strings. */
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

struct odd {
	struct ebpfd_record header;
	__u64 bits : 60;
	__u64 few : 4;
	__u64 choices[3];
	__u64 mask;
	__u32 narrow_choice;
	__u32 narrow_bits : 8;
	__u32 padding : 24;
	unsigned __int128 huge;
	__int128 deep;
};

/* The types that each test needs. */
struct types {
	struct btf *btf;
	int u32, u64, s64, header;
};

static struct types make_types(void)
{
	struct btf *btf = btf__new_empty();
	int u16 = btf__add_int(btf, "unsigned short", 2, 0);
	int u32 = btf__add_int(btf, "unsigned int", 4, 0);
	int u64 = btf__add_int(btf, "unsigned long long", 8, 0);
	int s64 = btf__add_int(btf, "long long", 8, BTF_INT_SIGNED);
	int header = btf__add_struct(btf, "ebpfd_record", 24);

	btf__add_field(btf, "type", u16, 0, 0);
	btf__add_field(btf, "hook", u16, 16, 0);
	btf__add_field(btf, "cpu", u32, 32, 0);
	btf__add_field(btf, "number", u64, 64, 0);
	btf__add_field(btf, "time", u64, 128, 0);
	return (struct types){.btf = btf, .u32 = u32, .u64 = u64, .s64 = s64, .header = header};
}

static struct btf *make_btf(void)
{
	const struct types types = make_types();
	struct btf *btf = types.btf;
	int list = btf__add_array(btf, types.u32, types.u64, 2);

	btf__add_struct(btf, "record", sizeof(struct record));
	btf__add_field(btf, "header", types.header, 0, 0);
	btf__add_field(btf, "big", types.u64, 192, 0);
	btf__add_field(btf, "small", types.s64, 256, 0);
	btf__add_field(btf, "list", list, 320, 0);
	btf__add_field(btf, "narrow", types.u32, 448, 0);
	return btf;
}

static struct btf *make_odd_btf(void)
{
	const struct types types = make_types();
	struct btf *btf = types.btf;
	int u128 = btf__add_int(btf, "unsigned __int128", 16, 0);
	int s128 = btf__add_int(btf, "__int128", 16, BTF_INT_SIGNED);
	int choice = btf__add_enum64(btf, "choice", 8, true);
	int choices, mask, narrow;

	btf__add_enum64_value(btf, "NAMED", 7);
	choices = btf__add_array(btf, types.u32, choice, 3);
	mask = btf__add_enum64(btf, "mask", 8, false);
	narrow = btf__add_enum(btf, "narrow", 4);
	btf__add_struct(btf, "odd", sizeof(struct odd));
	btf__add_field(btf, "header", types.header, 0, 0);
	btf__add_field(btf, "bits", types.u64, 192, 60);
	btf__add_field(btf, "few", types.s64, 252, 4);
	btf__add_field(btf, "choices", choices, 256, 0);
	btf__add_field(btf, "mask", mask, 448, 0);
	btf__add_field(btf, "narrow_choice", narrow, 512, 0);
	btf__add_field(btf, "narrow_bits", types.u32, 544, 8);
	btf__add_field(btf, "huge", u128, 8 * offsetof(struct odd, huge), 0);
	btf__add_field(btf, "deep", s128, 8 * offsetof(struct odd, deep), 0);
	return btf;
}

/* In memory of just the size that the decoder asks for: a sanitizer sees any step beyond. */
static void expect_line(const struct decoder *decoder, const void *record, size_t size,
			const char *expected)
{
	const struct ring_record in_ring = {.data = record, .length = size};
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
	expect_line(wide, &record, sizeof(record),
		    "{\"unit\":\"fw\",\"generation\":3,\"type\":\"record\",\"cpu\":3,"
		    "\"time\":\"18446744073709551615\",\"number\":\"18446744073709551615\","
		    "\"again\":true,\"big\":\"18446744073709551615\","
		    "\"small\":\"-9223372036854775808\","
		    "\"list\":[\"18446744073709551615\",\"0\"],\"narrow\":4294967295}");
	expect_line(decoder, &record, sizeof(record),
		    "{\"unit\":\"fw\",\"generation\":3,\"type\":\"record\",\"cpu\":3,"
		    "\"time\":18446744073709551615,\"number\":18446744073709551615,"
		    "\"again\":true,\"big\":18446744073709551615,"
		    "\"small\":-9223372036854775808,"
		    "\"list\":[18446744073709551615,0],\"narrow\":4294967295}");
	assert_null(decoder_wide_free(wide));
	decoder_free(decoder);
	btf__free(btf);
}

/* Those with a name stay names; what is narrower stays a number. */
static void bits_enums_and_wider_numbers_become_strings(void **state)
{
	static const struct odd odd = {
		.bits = (1ULL << 60) - 1,
		.few = 15,
		.choices = {7, UINT64_MAX, 1ULL << 63},
		.mask = UINT64_MAX,
		.narrow_choice = 9,
		.narrow_bits = 200,
		.huge = ~(unsigned __int128)0,
		.deep = (__int128)1 << 127,
	};
	char *records[] = {"odd"};
	struct unit_events events = {.records = records, .record_count = 1};
	struct btf *btf = make_odd_btf();
	const struct decoder_settings settings = {
		.unit = "fw", .generation = 3, .events = &events, .btf = btf};
	struct decoder *decoder, *wide;
	struct failure failure;

	(void)state;
	assert_int_equal(decoder_new(&settings, &decoder, &failure), 0);
	assert_int_equal(decoder_wide_new(decoder, &wide), 0);
	expect_line(wide, &odd, sizeof(odd),
		    "{\"unit\":\"fw\",\"generation\":3,\"type\":\"odd\",\"cpu\":0,"
		    "\"time\":\"0\",\"number\":\"0\",\"again\":true,"
		    "\"bits\":\"1152921504606846975\",\"few\":\"-1\","
		    "\"choices\":[\"NAMED\",\"-1\",\"-9223372036854775808\"],"
		    "\"mask\":\"18446744073709551615\",\"narrow_choice\":9,\"narrow_bits\":200,"
		    "\"huge\":\"340282366920938463463374607431768211455\","
		    "\"deep\":\"-170141183460469231731687303715884105728\"}");
	expect_line(decoder, &odd, sizeof(odd),
		    "{\"unit\":\"fw\",\"generation\":3,\"type\":\"odd\",\"cpu\":0,"
		    "\"time\":0,\"number\":0,\"again\":true,"
		    "\"bits\":1152921504606846975,\"few\":-1,"
		    "\"choices\":[\"NAMED\",-1,-9223372036854775808],"
		    "\"mask\":18446744073709551615,\"narrow_choice\":9,\"narrow_bits\":200,"
		    "\"huge\":340282366920938463463374607431768211455,"
		    "\"deep\":-170141183460469231731687303715884105728}");
	assert_null(decoder_wide_free(wide));
	decoder_free(decoder);
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_64_bits_alone_become_strings),
		cmocka_unit_test(bits_enums_and_wider_numbers_become_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
