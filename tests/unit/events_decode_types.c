/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types beyond plain numbers, text and structs. */
#include "tests/unit/decode_bench.h"

/* ---- bit fields ----------------------------------------------------------------------------- */

static void add_bits(struct bench *bench, const char *name, int type, uint32_t bit, uint32_t bits)
{
	assert_int_equal(btf__add_field(bench->btf, name, type, bit, bits), 0);
}

static void bit_fields_are_numbers(void **state)
{
	struct bench *bench = *state;
	const struct __attribute__((packed)) {
		uint32_t low : 3, over : 13, top : 16;
		int32_t minus : 5, plus : 5, rest : 22;
		uint64_t first : 3, wide : 61;
	} data = {.low = 5,
		  .over = 0x1abc,
		  .top = 65535,
		  .minus = -3,
		  .plus = 15,
		  .rest = -2000000,
		  .first = 7,
		  .wide = (1ULL << 61) - 1};

	begin_record(bench, "r", sizeof(data));
	add_bits(bench, "low", bench->u32, 0, 3);
	add_bits(bench, "over", bench->u32, 3, 13);
	add_bits(bench, "top", bench->u32, 16, 16);
	add_bits(bench, "minus", bench->s32, 32, 5);
	add_bits(bench, "plus", bench->s32, 37, 5);
	add_bits(bench, "rest", bench->s32, 42, 22);
	add_bits(bench, "first", bench->u64, 64, 3);
	add_bits(bench, "wide", bench->u64, 67, 61);
	compile(bench);
	expect_fields(bench, &data, sizeof(data),
		      "\"low\":5,\"over\":6844,\"top\":65535,\"minus\":-3,\"plus\":15,"
		      "\"rest\":-2000000,\"first\":7,\"wide\":2305843009213693951");
}

static void bit_fields_of_64_bits_lie_in_9_bytes(void **state)
{
	struct bench *bench = *state;
	const struct __attribute__((packed)) {
		uint64_t first : 5, all : 64, last : 3;
	} data = {.first = 31, .all = 0x8000000000000001, .last = 2};

	begin_record(bench, "r", sizeof(data));
	add_bits(bench, "first", bench->u64, 0, 5);
	add_bits(bench, "all", bench->u64, 5, 64);
	add_bits(bench, "last", bench->u64, 69, 3);
	compile(bench);
	expect_fields(bench, &data, sizeof(data),
		      "\"first\":31,\"all\":9223372036854775809,\"last\":2");
}

static void bit_fields_can_be_bool_and_enum(void **state)
{
	struct bench *bench = *state;
	int color = btf__add_enum(bench->btf, "color", 4), sign;
	const uint8_t data[2] = {1 | 2 << 1 | 3 << 4, 3 | 2 << 2};

	btf__add_enum_value(bench->btf, "GREEN", 2);
	sign = btf__add_enum(bench->btf, "sign", 4);
	btf__add_enum_value(bench->btf, "MINUS", -1);
	begin_record(bench, "r", sizeof(data));
	add_bits(bench, "set", bench->boolean, 0, 1);
	add_bits(bench, "named", color, 1, 3);
	add_bits(bench, "nameless", color, 4, 3);
	add_bits(bench, "minus", sign, 8, 2);
	add_bits(bench, "minus_two", sign, 10, 2);
	compile(bench);
	expect_fields(bench, data, sizeof(data),
		      "\"set\":true,\"named\":\"GREEN\",\"nameless\":3,\"minus\":\"MINUS\","
		      "\"minus_two\":-2");
}

/* A member without a width of its own, at any bit: libbpf adds none such. */
static void add_unsized(struct bench *bench, const char *name, int record, int type, uint32_t bit)
{
	struct btf_type *owner;

	add_field(bench, name, type, 0);
	owner = (struct btf_type *)btf__type_by_id(bench->btf, record);
	btf_members(owner)[btf_vlen(owner) - 1].offset = bit;
}

/* BTF of old compilers: the width is in the integer's type, and a part of the place may be. */
static void old_bit_fields_are_numbers(void **state)
{
	struct bench *bench = *state;
	int three = btf__add_int(bench->btf, "unsigned int", 4, 0);
	int five = btf__add_int(bench->btf, "int", 4, BTF_INT_SIGNED);
	int pair = btf__add_array(bench->btf, bench->u32, three, 2), record;
	const uint8_t data[12] = {5 | (30 << 3 & 0xff), [4] = 0xfe, [8] = 3};

	*(uint32_t *)(btf__type_by_id(bench->btf, three) + 1) = 3;
	*(uint32_t *)(btf__type_by_id(bench->btf, five) + 1) =
		(uint32_t)BTF_INT_SIGNED << 24 | 2 << 16 | 5;
	record = begin_record(bench, "r", 12);
	add_unsized(bench, "first", record, three, 0);
	add_unsized(bench, "second", record, five, 1);
	add_unsized(bench, "pair", record, pair, 32);
	compile(bench);
	/* 5, then -2 in five bits from bit 1 + 2 on. */
	expect_fields(bench, data, sizeof(data), "\"first\":5,\"second\":-2,\"pair\":[6,3]");
}

static void whole_numbers_may_lie_between_bytes(void **state)
{
	struct bench *bench = *state;
	int record = begin_record(bench, "r", 3);

	add_unsized(bench, "a", record, bench->u16, 4);
	compile(bench);
	expect_fields(bench, "\xf0\xff\x0f", 3, "\"a\":65535");
}

static void wider_bit_fields_are_bytes(void **state)
{
	struct bench *bench = *state;
	int huge = btf__add_int(bench->btf, "__int128", 16, BTF_INT_SIGNED);

	begin_record(bench, "r", 10);
	add_bits(bench, "a", huge, 1, 72);
	compile(bench);
	expect_fields(bench, "0123456789", 10, "\"a\":\"30313233343536373839\"");
}

static void bit_field_outside_of_its_struct_is_an_error(void **state)
{
	struct bench *bench = *state;

	begin_record(bench, "r", 1);
	add_bits(bench, "a", bench->u32, 5, 4);
	expect_broken(bench, -EINVAL, "outside of its struct");
}

/* ---- large and small ------------------------------------------------------------------------ */

static void integers_of_128_bits_are_decimal(void **state)
{
	struct bench *bench = *state;
	int wide = btf__add_int(bench->btf, "unsigned __int128", 16, 0);
	int sign = btf__add_int(bench->btf, "__int128", 16, BTF_INT_SIGNED);
	const struct {
		unsigned __int128 wide;
		__int128 sign;
		unsigned __int128 hex;
	} data = {~(unsigned __int128)0, (__int128)1 << 127, (unsigned __int128)0xab << 64 | 1};

	begin_record(bench, "r", sizeof(data));
	add_field(bench, "wide", wide, 0);
	add_field(bench, "sign", sign, 16);
	add_field(bench, "hex", wide, 32);
	add_format(bench, "hex", FORMAT_HEX);
	compile(bench);
	expect_fields(bench, &data, sizeof(data),
		      "\"wide\":340282366920938463463374607431768211455,"
		      "\"sign\":-170141183460469231731687303715884105728,"
		      "\"hex\":\"0xab0000000000000001\"");
}

static void floats_are_numbers(void **state)
{
	struct bench *bench = *state;
	int four = btf__add_float(bench->btf, "float", 4);
	int eight = btf__add_float(bench->btf, "double", 8);
	int two = btf__add_float(bench->btf, "half", 2);
	const struct __attribute__((packed)) {
		float four;
		double eight, none;
		uint16_t two;
	} data = {0.1F, -1e300, __builtin_inf(), 0x1234};

	begin_record(bench, "r", sizeof(data));
	add_field(bench, "four", four, 0);
	add_field(bench, "eight", eight, 4);
	add_field(bench, "none", eight, 12);
	add_field(bench, "two", two, 20);
	compile(bench);
	expect_fields(bench, &data, sizeof(data),
		      "\"four\":0.1,\"eight\":-1e+300,\"none\":null,\"two\":\"3412\"");
}

static void pointers_are_hex(void **state)
{
	struct bench *bench = *state;
	int pointer = btf__add_ptr(bench->btf, bench->u32);
	const uint64_t data = 0xffff888001234000;

	begin_record(bench, "r", 8);
	add_field(bench, "pointer", pointer, 0);
	compile(bench);
	expect_fields(bench, &data, 8, "\"pointer\":\"0xffff888001234000\"");
}

static void only_unsigned_bytes_are_one_string(void **state)
{
	struct bench *bench = *state;
	int s8 = btf__add_int(bench->btf, "signed char", 1, BTF_INT_SIGNED);
	int numbers = btf__add_array(bench->btf, bench->u32, s8, 2);
	int flags = btf__add_array(bench->btf, bench->u32, bench->boolean, 2);
	int bytes = btf__add_array(bench->btf, bench->u32, bench->u8, 2);

	begin_record(bench, "r", 6);
	add_field(bench, "numbers", numbers, 0);
	add_field(bench, "flags", flags, 2);
	add_field(bench, "bytes", bytes, 4);
	compile(bench);
	expect_fields(bench, "\xff\x01\x00\x01\xff\x01", 6,
		      "\"numbers\":[-1,1],\"flags\":[false,true],\"bytes\":\"ff01\"");
}

static void unions_show_each_member(void **state)
{
	struct bench *bench = *state;
	int either = btf__add_union(bench->btf, "either", 4);

	add_field(bench, "whole", bench->u32, 0);
	add_field(bench, "part", bench->u16, 0);
	begin_record(bench, "r", 4);
	add_field(bench, "either", either, 0);
	compile(bench);
	expect_fields(bench, "\1\1\1\0", 4, "\"either\":{\"whole\":65793,\"part\":257}");
}

static void members_named_like_keys_of_the_line_are_renamed(void **state)
{
	struct bench *bench = *state;
	int inner = btf__add_struct(bench->btf, "inner", 1);

	add_field(bench, "type", bench->u8, 0);
	begin_record(bench, "r", 4);
	add_field(bench, "type", bench->u8, 0);
	add_field(bench, "unit", bench->u8, 1);
	/* The line has no CPU where records have no header. */
	add_field(bench, "cpu", bench->u8, 2);
	add_field(bench, "inner", inner, 3);
	add_format(bench, "unit", FORMAT_HEX);
	compile(bench);
	expect_fields(bench, "\1\2\3\4", 4,
		      "\"type_\":1,\"unit_\":\"0x2\",\"cpu\":3,\"inner\":{\"type\":4}");
}

/* ---- flexible arrays ------------------------------------------------------------------------ */

static void flexible_text_ends_with_the_record(void **state)
{
	struct bench *bench = *state;
	int text = btf__add_array(bench->btf, bench->u32, bench->character, 0);

	begin_record(bench, "r", 2);
	add_field(bench, "length", bench->u16, 0);
	add_field(bench, "text", text, 2);
	compile(bench);
	expect_fields(bench, "\1\0", 2, "\"length\":1,\"text\":\"\"");
	expect_fields(bench, "\1\0abc", 5, "\"length\":1,\"text\":\"abc\"");
	expect_fields(bench, "\1\0ab\0\1", 6, "\"length\":1,\"text\":\"ab\"");
	expect_fields(bench, "\1", 1, "\"error\":\"too short: 1 of 2 bytes\",\"data\":\"01\"");
}

static void flexible_bytes_and_numbers_end_with_the_record(void **state)
{
	struct bench *bench = *state;
	int bytes = btf__add_array(bench->btf, bench->u32, bench->u8, 0);
	int numbers = btf__add_array(bench->btf, bench->u32, bench->u16, 0);
	int tail = btf__add_struct(bench->btf, "tail", 1);

	add_field(bench, "count", bench->u8, 0);
	add_field(bench, "numbers", numbers, 1);
	begin_record(bench, "r", 1);
	add_field(bench, "bytes", bytes, 1);
	compile(bench);
	expect_fields(bench, "\1\2\3", 3, "\"bytes\":\"0203\"");
	bench->decoder = decoder_free(bench->decoder);

	/* In a struct that is the last member; half an element is left out. */
	bench->events.record_count = 0;
	begin_record(bench, "r2", 2);
	add_field(bench, "first", bench->u8, 0);
	add_field(bench, "tail", tail, 1);
	compile(bench);
	expect_line_as(bench, "\1\2\3\0\4\0\5", 7, false,
		       "{\"unit\":\"fw\",\"generation\":3,\"type\":\"r2\",\"first\":1,"
		       "\"tail\":{\"count\":2,\"numbers\":[3,4]}}");
}

static void flexible_structs_end_with_the_record(void **state)
{
	struct bench *bench = *state;
	int point = btf__add_struct(bench->btf, "point", 4), points;

	add_field(bench, "x", bench->u16, 0);
	add_field(bench, "y", bench->u16, 2);
	points = btf__add_array(bench->btf, bench->u32, point, 0);
	begin_record(bench, "r", 2);
	add_field(bench, "count", bench->u16, 0);
	add_field(bench, "points", points, 2);
	add_format(bench, "points.y", FORMAT_HEX);
	compile(bench);
	expect_fields(bench, "\2\0", 2, "\"count\":2,\"points\":[]");
	expect_fields(bench, "\2\0\1\0\2\0\3\0\4\0\5", 11,
		      "\"count\":2,\"points\":[{\"x\":1,\"y\":\"0x2\"},{\"x\":3,\"y\":\"0x4\"}]");
}

static void flexible_rows_end_with_the_record(void **state)
{
	struct bench *bench = *state;
	int row = btf__add_array(bench->btf, bench->u32, bench->u16, 2);
	int rows = btf__add_array(bench->btf, bench->u32, row, 0);

	begin_record(bench, "r", 0);
	add_field(bench, "rows", rows, 0);
	compile(bench);
	expect_fields(bench, "\1\0\2\0\3\0\4\0", 8, "\"rows\":[[1,2],[3,4]]");
}

/* With less than the struct's padding, too. */
static void a_flexible_record_may_be_shorter_than_its_struct(void **state)
{
	struct bench *bench = *state;
	int text = btf__add_array(bench->btf, bench->u32, bench->character, 0);

	begin_record(bench, "r", 8);
	add_field(bench, "length", bench->u32, 0);
	add_field(bench, "text", text, 4);
	compile(bench);
	expect_fields(bench, "\1\0\0\0a", 5, "\"length\":1,\"text\":\"a\"");
}

static void format_holds_for_a_flexible_array(void **state)
{
	struct bench *bench = *state;
	int hops = btf__add_array(bench->btf, bench->u32, bench->u32, 0);
	int bytes = btf__add_array(bench->btf, bench->u32, bench->u8, 0);

	begin_record(bench, "r", 0);
	add_field(bench, "hops", hops, 0);
	add_format(bench, "hops", FORMAT_IP4);
	compile(bench);
	expect_fields(bench, "\12\0\0\1\12\0\0\2", 8, "\"hops\":[\"10.0.0.1\",\"10.0.0.2\"]");
	bench->decoder = decoder_free(bench->decoder);
	bench->events.record_count = bench->events.format_count = 0;
	begin_record(bench, "r2", 0);
	add_field(bench, "name", bytes, 0);
	add_format(bench, "name", FORMAT_TEXT);
	compile(bench);
	expect_line_as(bench, "ab", 2, false,
		       "{\"unit\":\"fw\",\"generation\":3,\"type\":\"r2\",\"name\":\"ab\"}");
}

static void an_array_without_length_before_others_is_empty(void **state)
{
	struct bench *bench = *state;
	int none = btf__add_array(bench->btf, bench->u32, bench->u32, 0);

	begin_record(bench, "r", 4);
	add_field(bench, "none", none, 0);
	add_field(bench, "a", bench->u32, 0);
	compile(bench);
	expect_fields(bench, "\1\0\0\0\2\0\0\0", 8, "\"none\":[],\"a\":1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(bit_fields_are_numbers),
		CASE(bit_fields_of_64_bits_lie_in_9_bytes),
		CASE(bit_fields_can_be_bool_and_enum),
		CASE(old_bit_fields_are_numbers),
		CASE(whole_numbers_may_lie_between_bytes),
		CASE(wider_bit_fields_are_bytes),
		CASE(bit_field_outside_of_its_struct_is_an_error),
		CASE(integers_of_128_bits_are_decimal),
		CASE(floats_are_numbers),
		CASE(pointers_are_hex),
		CASE(only_unsigned_bytes_are_one_string),
		CASE(unions_show_each_member),
		CASE(members_named_like_keys_of_the_line_are_renamed),
		CASE(flexible_text_ends_with_the_record),
		CASE(flexible_bytes_and_numbers_end_with_the_record),
		CASE(flexible_structs_end_with_the_record),
		CASE(flexible_rows_end_with_the_record),
		CASE(a_flexible_record_may_be_shorter_than_its_struct),
		CASE(format_holds_for_a_flexible_array),
		CASE(an_array_without_length_before_others_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
