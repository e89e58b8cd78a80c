/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text to the bytes of a type, and back by the decoder. */
#include "tests/unit/decode_bench.h"

#include <string.h>

#include "daemon/maps/encode.h"
#include "daemon/maps/long_numbers.h"

#define SIZE_MAX_ 64

static struct entry_settings value_of(const struct bench *bench, int type)
{
	int64_t size = btf__resolve_size(bench->btf, (uint32_t)type);

	assert_in_range(size, 0, SIZE_MAX_);
	return (struct entry_settings){.map = "m",
				       .key = {.size = 4, .is_number = true},
				       .value = {.size = (uint32_t)size, .type = (uint32_t)type},
				       .btf = bench->btf,
				       .formats = bench->formats,
				       .format_count = bench->events.format_count};
}

/* The value that the decoder makes of what the encoder made of the text. */
static void expect_shown(struct bench *bench, int type, const char *text, const char *expected)
{
	const struct entry_settings settings = value_of(bench, type);
	struct decoder *decoder = NULL;
	char record[8 + SIZE_MAX_] = {}, line[4096], whole[4096];
	const struct ring_record of_record = {.data = record, .length = 8 + settings.value.size};

	if (encode_part(&settings, ENTRY_VALUE, text, record + 8, &bench->failure) < 0 ||
	    entry_decoder_new(&settings, false, &decoder, &bench->failure) < 0)
		fail_msg("%s", bench->failure.text);
	line[decoder_line(decoder, &of_record, false, line)] = '\0';
	decoder_free(decoder);
	(void)snprintf(whole, sizeof(whole), "{\"key\":0,\"value\":%s}", expected);
	assert_string_equal(line, whole);
}

static void expect_same(struct bench *bench, int type, const char *json)
{
	expect_shown(bench, type, json, json);
}

static void expect_refused(struct bench *bench, int type, const char *text, const char *why)
{
	const struct entry_settings settings = value_of(bench, type);
	char bytes[SIZE_MAX_];

	assert_int_equal(encode_part(&settings, ENTRY_VALUE, text, bytes, &bench->failure),
			 -EINVAL);
	expect_failure(&bench->failure, OUTCOME_USAGE, why);
}

/* ---- numbers -------------------------------------------------------------------------------- */

static void integers_of_every_width_have_their_ranges(void **state)
{
	struct bench *bench = *state;
	int s8 = btf__add_int(bench->btf, "signed char", 1, BTF_INT_SIGNED);
	int s64 = btf__add_int(bench->btf, "long long", 8, BTF_INT_SIGNED);
	int u128 = btf__add_int(bench->btf, "unsigned __int128", 16, 0);
	int s128 = btf__add_int(bench->btf, "__int128", 16, BTF_INT_SIGNED);

	expect_same(bench, bench->u8, "255");
	expect_refused(bench, bench->u8, "256", "value: must be a whole number from 0 to 255, not");
	expect_refused(bench, bench->u8, "-1", "from 0 to 255, not \"-1\"");
	expect_same(bench, s8, "-128");
	expect_refused(bench, s8, "-129", "from -128 to 127");
	expect_refused(bench, s8, "128", "from -128 to 127");
	expect_same(bench, bench->u16, "65535");
	expect_same(bench, bench->s32, "-2147483648");
	expect_same(bench, bench->u64, "18446744073709551615");
	expect_refused(bench, bench->u64, "18446744073709551616", "from 0 to 18446744073709551615");
	expect_same(bench, s64, "-9223372036854775808");
	expect_refused(bench, s64, "-9223372036854775809", "from -9223372036854775808 to");
	expect_same(bench, u128, "340282366920938463463374607431768211455");
	expect_refused(bench, u128, "340282366920938463463374607431768211456", "128 bits");
	expect_same(bench, s128, "-170141183460469231731687303715884105728");
	expect_refused(bench, s128, "170141183460469231731687303715884105728", "128 bits, with a");
}

static void numbers_are_written_in_several_ways(void **state)
{
	struct bench *bench = *state;

	expect_shown(bench, bench->u32, "0xFf", "255");
	expect_shown(bench, bench->s32, "-0x10", "-16");
	expect_shown(bench, bench->u32, "\"7\"", "7");
	expect_refused(bench, bench->u32, "", "not \"\"");
	expect_refused(bench, bench->u32, "0x", "not \"0x\"");
	expect_refused(bench, bench->u32, "1.5", "not \"1.5\"");
	expect_refused(bench, bench->u32, " 1", "not \" 1\"");
	expect_refused(bench, bench->u32, "[1]", "not [1]");
	expect_same(bench, bench->boolean, "true");
	expect_shown(bench, bench->boolean, "0", "false");
	expect_refused(bench, bench->boolean, "2", "value: must be true or false, not \"2\"");
	expect_shown(bench, btf__add_ptr(bench->btf, 0), "0xffff888000000000",
		     "\"0xffff888000000000\"");
}

static void floats_are_numbers(void **state)
{
	struct bench *bench = *state;
	int narrow = btf__add_float(bench->btf, "float", 4);
	int wide = btf__add_float(bench->btf, "double", 8);

	expect_same(bench, narrow, "1.5");
	expect_shown(bench, wide, "-2e3", "-2000");
	expect_refused(bench, wide, "1.5x", "value: must be a number, not \"1.5x\"");
	expect_shown(bench, narrow, "3.4e38", "3.4e+38");
	expect_refused(bench, narrow, "3.5e38", "value: must be a number that fits into 4 bytes");
	expect_refused(bench, wide, "-1e309", "value: must be a number that fits into 8 bytes");
	expect_refused(bench, wide, "infinity", "value: must be a number, not \"infinity\"");
	expect_refused(bench, wide, "nan", "value: must be a number, not \"nan\"");
	expect_refused(bench, wide, "[null]", "value: must be a number, not [null]");
}

static void enums_are_names_or_numbers(void **state)
{
	struct bench *bench = *state;
	int wide, level = btf__add_enum(bench->btf, "level", 4);

	btf__add_enum_value(bench->btf, "LOW", 5);
	btf__add_enum_value(bench->btf, "BELOW", -1);
	wide = btf__add_enum64(bench->btf, "wide", 8, false);
	btf__add_enum64_value(bench->btf, "LARGE", 1ULL << 40);
	expect_shown(bench, level, "LOW", "\"LOW\"");
	expect_shown(bench, level, "-1", "\"BELOW\"");
	expect_shown(bench, level, "9", "9");
	expect_shown(bench, wide, "LARGE", "\"LARGE\"");
	expect_refused(bench, level, "HIGH",
		       "value: must be one of LOW, BELOW, or a number that fits into 4 bytes, not "
		       "\"HIGH\"");
	expect_refused(bench, level, "4294967296", "fits into 4 bytes");
}

/* ---- arrays --------------------------------------------------------------------------------- */

static void arrays_are_text_hex_or_lists(void **state)
{
	struct bench *bench = *state;
	int text = btf__add_array(bench->btf, bench->u32, bench->character, 4);
	int bytes = btf__add_array(bench->btf, bench->u32, bench->u8, 3);
	int row = btf__add_array(bench->btf, bench->u32, bench->u16, 2);
	int rows = btf__add_array(bench->btf, bench->u32, row, 2);

	expect_shown(bench, text, "abcd", "\"abcd\"");
	expect_shown(bench, text, "12", "\"12\"");
	expect_shown(bench, text, "\"{\\\"\"", "\"{\\\"\"");
	expect_refused(bench, text, "abcde", "value: must be text of up to 4 bytes, not \"abcde\"");
	expect_shown(bench, bytes, "0A1b00", "\"0a1b00\"");
	expect_shown(bench, bytes, "[1,2,255]", "\"0102ff\"");
	expect_refused(bench, bytes, "0a1b", "value: must be 6 hex digits");
	expect_refused(bench, bytes, "0a1b0x", "value: must be 6 hex digits");
	expect_same(bench, rows, "[[1,2],[3,65535]]");
	expect_refused(bench, rows, "[[1,2],[3]]", "value[1]: must be a list of 2, not [3]");
	expect_refused(bench, rows, "[[1,2],[3,65536]]", "value[1][1]: must be a whole number");
}

/* ---- structs -------------------------------------------------------------------------------- */

static int add_flow(struct bench *bench)
{
	int either = btf__add_union(bench->btf, NULL, 4), within, flow;

	add_field(bench, "left", bench->u32, 0);
	add_field(bench, "right", bench->u16, 0);
	within = btf__add_struct(bench->btf, "within", 4);
	add_field(bench, "deep", bench->s32, 0);
	flow = btf__add_struct(bench->btf, "flow", 16);
	add_field(bench, "port", bench->u16, 0);
	btf__add_field(bench->btf, "low", bench->u32, 32, 3);
	btf__add_field(bench->btf, "below", bench->s32, 35, 7);
	add_field(bench, "", either, 8);
	add_field(bench, "within", within, 12);
	return flow;
}

static void structs_have_all_their_members_and_no_other(void **state)
{
	struct bench *bench = *state;
	int flow = add_flow(bench);

	expect_shown(bench, flow,
		     "{\"port\":1,\"low\":7,\"below\":-64,\"right\":513,\"within\":{\"deep\":-5}}",
		     "{\"port\":1,\"low\":7,\"below\":-64,\"left\":513,\"right\":513,\"within\":{"
		     "\"deep\":-5}}");
	/* The larger one is the first. */
	expect_shown(bench, flow,
		     "{\"port\":0,\"low\":0,\"below\":0,\"right\":513,\"left\":66049,\"within\":{"
		     "\"deep\":0}}",
		     "{\"port\":0,\"low\":0,\"below\":0,\"left\":66049,\"right\":513,\"within\":{"
		     "\"deep\":0}}");
	expect_refused(bench, flow, "{}", "value.port: is missing; all fields must be given");
	expect_refused(bench, flow, "{\"port\":1,\"low\":8,\"below\":0,\"left\":1,\"within\":0}",
		       "value.low: must be a whole number from 0 to 7, not 8");
	expect_refused(bench, flow,
		       "{\"port\":1,\"low\":1,\"below\":64,\"left\":1,\"within\":{\"deep\":1}}",
		       "value.below: must be a whole number from -64 to 63, not 64");
	expect_refused(bench, flow, "{\"port\":1,\"low\":1,\"below\":0,\"left\":1,\"within\":0}",
		       "value.within: must be an object with deep, not 0");
	expect_refused(bench, flow, "{\"port\":1,\"low\":1,\"below\":0,\"within\":{\"deep\":1}}",
		       "value: give one member of the union: left, right");
	expect_refused(bench, flow, "{\"prt\":1}",
		       "value.prt: there is no such field; there are: port, low, below, left, "
		       "right, within");
	expect_refused(bench, flow, "{\"port\":1,\"port\":1}", "value: this is no JSON: duplicate");
	expect_refused(bench, flow, "7", "value: must be an object with port, low, below");
}

/* What is shown has all members of a union, and can be given back. */
static void members_of_a_union_may_all_be_given_if_they_agree(void **state)
{
	struct bench *bench = *state;
	int pair = btf__add_struct(bench->btf, NULL, 4), either, outer;

	add_field(bench, "a", bench->u16, 0);
	add_field(bench, "b", bench->u16, 2);
	either = btf__add_union(bench->btf, NULL, 8);
	btf__add_field(bench->btf, "bits", bench->u32, 0, 3);
	add_field(bench, "", pair, 0);
	add_field(bench, "whole", bench->u64, 0);
	outer = btf__add_struct(bench->btf, "outer", 16);
	add_field(bench, "", either, 0);
	add_field(bench, "named", either, 8);
#define NAMED  ",\"named\":{\"bits\":1,\"a\":1,\"b\":0,\"whole\":1}}"
#define DIFFER "value: the members of the union that are given differ; give one: bits, a, b, whole"
	expect_same(bench, outer, "{\"bits\":5,\"a\":13,\"b\":2,\"whole\":4295098381" NAMED);
	/* One of them says what the others are. */
	expect_shown(bench, outer, "{\"whole\":4295098381,\"named\":{\"bits\":1}}",
		     "{\"bits\":5,\"a\":13,\"b\":2,\"whole\":4295098381" NAMED);
	expect_shown(bench, outer, "{\"a\":13,\"b\":2,\"named\":{\"whole\":1}}",
		     "{\"bits\":5,\"a\":13,\"b\":2,\"whole\":131085" NAMED);
	/* The order of members is not that of their sizes. */
	expect_refused(bench, outer,
		       "{\"a\":13,\"b\":2,\"whole\":4295098382,\"named\":{\"bits\":1}}", DIFFER);
	expect_refused(bench, outer, "{\"bits\":4,\"whole\":4295098381,\"named\":{\"bits\":1}}",
		       DIFFER);
	expect_refused(bench, outer, "{\"bits\":4,\"named\":{\"bits\":1,\"whole\":2}}",
		       "value.named: the members of the union that are given differ; give one: ");
	expect_refused(bench, outer, "{\"a\":13,\"named\":{\"bits\":1}}",
		       "value.b: is missing; all fields must be given");
	expect_refused(bench, outer, "{\"named\":{\"bits\":1}}",
		       "value: give one member of the union: bits, a, b, whole");
}

static void bits_leave_their_neighbours_alone(void **state)
{
	struct bench *bench = *state;
	int id = btf__add_struct(bench->btf, "bits", 8);

	btf__add_field(bench->btf, "a", bench->u64, 0, 3);
	btf__add_field(bench->btf, "b", bench->u64, 3, 60);
	btf__add_field(bench->btf, "c", bench->u64, 63, 1);
	expect_same(bench, id, "{\"a\":5,\"b\":0,\"c\":1}");
	expect_same(bench, id, "{\"a\":0,\"b\":1152921504606846975,\"c\":0}");
}

static void loops_in_types_end(void **state)
{
	struct bench *bench = *state;
	struct entry_settings settings = {.map = "m", .value = {.size = 4}, .btf = bench->btf};
	char bytes[4];

	settings.value.type = (uint32_t)btf__add_struct(bench->btf, "loop", 4);
	add_field(bench, "", (int)settings.value.type, 0);
	assert_true(encode_part(&settings, ENTRY_VALUE, "{}", bytes, &bench->failure) < 0);
	expect_failure(&bench->failure, OUTCOME_FAILED, "the types of map m are broken");
}

/* ---- formats -------------------------------------------------------------------------------- */

static void formats_are_read_as_they_are_shown(void **state)
{
	struct bench *bench = *state;
	int ip6 = btf__add_array(bench->btf, bench->u32, bench->u8, 16);
	int mac = btf__add_array(bench->btf, bench->u32, bench->u8, 6);
	int id = btf__add_struct(bench->btf, "s", 48);

	add_field(bench, "ip4", bench->u32, 0);
	add_field(bench, "port", bench->u16, 4);
	add_field(bench, "ip6", ip6, 8);
	add_field(bench, "mac", mac, 24);
	add_field(bench, "ns", bench->u64, 32);
	add_field(bench, "hex", bench->u64, 40);
	add_format(bench, "value.ip4", FORMAT_IP4);
	add_format(bench, "value.port", FORMAT_PORT);
	add_format(bench, "value.ip6", FORMAT_IP6);
	add_format(bench, "value.mac", FORMAT_MAC);
	add_format(bench, "value.ns", FORMAT_NS);
	add_format(bench, "value.hex", FORMAT_HEX);
#define REST ",\"hex\":\"0xff\"}"
#define HEAD "{\"ip4\":\"192.0.2.1\",\"port\":443,\"ip6\":\"2001:db8::1\",\"mac\":"
	expect_same(bench, id, HEAD "\"02:00:00:00:00:01\",\"ns\":1.500000000" REST);
	/* More digits than a double has. */
	expect_same(bench, id, HEAD "\"02:00:00:00:00:01\",\"ns\":18446744073.709551615" REST);
	expect_refused(bench, id, HEAD "\"02:00:00:00:00:01\",\"ns\":18446744073.709551616" REST,
		       "value.ns: must be a number of seconds");
	expect_refused(bench, id, HEAD "\"02:00:00:00:00\",\"ns\":1" REST,
		       "value.mac: must be an address such as 02:00:00:00:00:01, not");
}

static void formats_hold_for_each_element(void **state)
{
	struct bench *bench = *state;
	int list = btf__add_array(bench->btf, bench->u32, bench->u32, 2);
	int bytes = btf__add_array(bench->btf, bench->u32, bench->u8, 4);
	int text = btf__add_array(bench->btf, bench->u32, bench->character, 4);

	add_format(bench, "value", FORMAT_IP4);
	expect_same(bench, list, "[\"192.0.2.1\",\"192.0.2.2\"]");
	expect_refused(bench, list, "[\"192.0.2.1\",2]", "value[1]: must be an IPv4 address");
	expect_shown(bench, bytes, "192.0.2.1", "\"192.0.2.1\"");
	bench->formats[0].format = FORMAT_TEXT;
	expect_shown(bench, bytes, "ab", "\"ab\"");
	bench->formats[0].format = FORMAT_HEX;
	expect_same(bench, text, "\"6100ff62\"");
	bench->formats[0].format = FORMAT_DEC;
	expect_same(bench, bytes, "[1,2,3,4]");
}

/* ---- what has no type; each CPU; long numbers ----------------------------------------------- */

static void values_without_a_type_are_hex(void **state)
{
	struct bench *bench = *state;
	const struct entry_settings settings = {
		.map = "m", .key = {.size = 4, .is_number = true}, .value = {.size = 2}};
	uint8_t bytes[4];

	assert_int_equal(encode_part(&settings, ENTRY_VALUE, "0aFF", bytes, &bench->failure), 0);
	assert_memory_equal(bytes, "\x0a\xff", 2);
	assert_int_equal(encode_part(&settings, ENTRY_KEY, "258", bytes, &bench->failure), 0);
	assert_int_equal(*(uint32_t *)bytes, 258);
	assert_int_equal(encode_part(&settings, ENTRY_KEY, "{\"a\":1}", bytes, &bench->failure),
			 -EINVAL);
	expect_failure(&bench->failure, OUTCOME_USAGE, "key: must be a whole number from 0 to");
}

static void each_cpu_gets_its_own(void **state)
{
	struct bench *bench = *state;
	const struct entry_settings settings = value_of(bench, bench->u16);
	uint8_t bytes[16] = {};

	assert_int_equal(encode_each_cpu(&settings, 2, "[1,2]", bytes, &bench->failure), 0);
	assert_memory_equal(bytes, "\1\0\0\0\0\0\0\0\2\0", 10);
	assert_int_equal(encode_each_cpu(&settings, 2, "[1]", bytes, &bench->failure), -EINVAL);
	expect_failure(&bench->failure, OUTCOME_USAGE,
		       "value: must be a list of 2 values, one for each CPU, not [1]");
	assert_int_equal(encode_each_cpu(&settings, 2, "[1,65536]", bytes, &bench->failure),
			 -EINVAL);
	expect_failure(&bench->failure, OUTCOME_USAGE,
		       "value[1]: must be a whole number from 0 to");
}

static void expect_quoted(const char *text, const char *expected)
{
	cleanup_free char *quoted = long_numbers_quote(text);

	assert_string_equal(quoted, expected);
}

static void long_numbers_become_strings(void **state)
{
	(void)state;
	expect_quoted("{\"a\":18446744073709551615,\"b\":1}",
		      "{\"a\":\"18446744073709551615\",\"b\":1}");
	expect_quoted("[-9223372036854775808, 1.234567890123456]",
		      "[\"-9223372036854775808\", \"1.234567890123456\"]");
	expect_quoted("\"12345678901234567890\"", "\"12345678901234567890\"");
	expect_quoted("\"a\\\"12345678901234567890\"", "\"a\\\"12345678901234567890\"");
	expect_quoted("\"open 12345678901234567890", "\"open 12345678901234567890");
	expect_quoted("\"\\", "\"\\");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(integers_of_every_width_have_their_ranges),
		CASE(numbers_are_written_in_several_ways),
		CASE(floats_are_numbers),
		CASE(enums_are_names_or_numbers),
		CASE(arrays_are_text_hex_or_lists),
		CASE(structs_have_all_their_members_and_no_other),
		CASE(members_of_a_union_may_all_be_given_if_they_agree),
		CASE(bits_leave_their_neighbours_alone),
		CASE(loops_in_types_end),
		CASE(formats_are_read_as_they_are_shown),
		CASE(formats_hold_for_each_element),
		CASE(values_without_a_type_are_hex),
		CASE(each_cpu_gets_its_own),
		cmocka_unit_test(long_numbers_become_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
