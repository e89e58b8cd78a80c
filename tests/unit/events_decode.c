/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/decode_bench.h"

/* ---- values --------------------------------------------------------------------------------- */

static void integers_have_their_size_and_sign(void **state)
{
	struct bench *bench = *state;
	int s8 = btf__add_int(bench->btf, "signed char", 1, BTF_INT_SIGNED);
	int s16 = btf__add_int(bench->btf, "short", 2, BTF_INT_SIGNED);
	int s64 = btf__add_int(bench->btf, "long long", 8, BTF_INT_SIGNED);
	uint8_t data[30];

	begin_record(bench, "r", sizeof(data));
	add_field(bench, "a", bench->u8, 0);
	add_field(bench, "b", bench->u16, 1);
	add_field(bench, "c", bench->u32, 3);
	add_field(bench, "d", bench->u64, 7);
	add_field(bench, "e", s8, 15);
	add_field(bench, "f", s16, 16);
	add_field(bench, "g", bench->s32, 18);
	add_field(bench, "h", s64, 22);
	compile(bench);
	memset(data, 0xff, sizeof(data));
	expect_fields(bench, data, sizeof(data),
		      "\"a\":255,\"b\":65535,\"c\":4294967295,\"d\":18446744073709551615,"
		      "\"e\":-1,\"f\":-1,\"g\":-1,\"h\":-1");
}

static void bool_is_true_or_false(void **state)
{
	struct bench *bench = *state;

	begin_record(bench, "r", 3);
	add_field(bench, "a", bench->boolean, 0);
	add_field(bench, "b", bench->boolean, 1);
	add_field(bench, "c", bench->boolean, 2);
	compile(bench);
	expect_fields(bench, "\x00\x01\x02", 3, "\"a\":false,\"b\":true,\"c\":true");
}

static void enum_is_its_name_or_a_number(void **state)
{
	struct bench *bench = *state;
	int verdict = btf__add_enum(bench->btf, "verdict", 4);
	const int32_t data[] = {2, -1, 7, -7};

	/* Out of order, negative, and two names for one value. */
	btf__add_enum_value(bench->btf, "TWO", 2);
	btf__add_enum_value(bench->btf, "MINUS", -1);
	btf__add_enum_value(bench->btf, "ALSO_TWO", 2);
	btf__add_enum_value(bench->btf, "ZERO", 0);
	begin_record(bench, "r", sizeof(data));
	add_field(bench, "a", verdict, 0);
	add_field(bench, "b", verdict, 4);
	add_field(bench, "c", verdict, 8);
	add_field(bench, "d", verdict, 12);
	compile(bench);
	expect_fields(bench, data, sizeof(data), "\"a\":\"TWO\",\"b\":\"MINUS\",\"c\":7,\"d\":-7");
}

static void unsigned_and_64_bit_enums_work(void **state)
{
	struct bench *bench = *state;
	int wide = btf__add_enum64(bench->btf, "wide", 8, false), narrow;
	const struct {
		uint64_t wide;
		uint8_t named, nameless;
	} __attribute__((packed)) data = {1ULL << 40, 200, 201};

	btf__add_enum64_value(bench->btf, "LARGE", 1ULL << 40);
	narrow = btf__add_enum(bench->btf, "narrow", 1);
	btf__add_enum_value(bench->btf, "TWO_HUNDRED", 200);
	begin_record(bench, "r", sizeof(data));
	add_field(bench, "wide", wide, 0);
	add_field(bench, "named", narrow, 8);
	add_field(bench, "nameless", narrow, 9);
	compile(bench);
	expect_fields(bench, &data, sizeof(data),
		      "\"wide\":\"LARGE\",\"named\":\"TWO_HUNDRED\",\"nameless\":201");
}

static void char_array_is_text_up_to_nul(void **state)
{
	struct bench *bench = *state;
	int text = btf__add_array(bench->btf, bench->u32, bench->character, 8);

	begin_record(bench, "r", 16);
	add_field(bench, "a", text, 0);
	add_field(bench, "b", text, 8);
	compile(bench);
	expect_fields(bench,
		      "ab\0garb\xff"
		      "a\"\xc3\xa9\xffxyz",
		      16, "\"a\":\"ab\",\"b\":\"a\\\"\xc3\xa9\xef\xbf\xbdxyz\"");
}

static void other_arrays_are_json_arrays(void **state)
{
	struct bench *bench = *state;
	int row = btf__add_array(bench->btf, bench->u32, bench->u8, 2);
	int matrix = btf__add_array(bench->btf, bench->u32, row, 2);
	int names = btf__add_array(bench->btf, bench->u32, bench->character, 2);
	int list = btf__add_array(bench->btf, bench->u32, names, 2);
	int none = btf__add_array(bench->btf, bench->u32, bench->u32, 0);

	begin_record(bench, "r", 10);
	add_field(bench, "row", row, 0);
	add_field(bench, "matrix", matrix, 2);
	add_field(bench, "names", list, 6);
	add_field(bench, "none", none, 10);
	compile(bench);
	expect_fields(bench,
		      "\x01\x02\x03\x04\x05\x06"
		      "abc\0",
		      10,
		      "\"row\":\"0102\",\"matrix\":[\"0304\",\"0506\"],\"names\":[\"ab\",\"c\"],"
		      "\"none\":[]");
}

static void nested_structs_are_objects(void **state)
{
	struct bench *bench = *state;
	int empty = btf__add_struct(bench->btf, "empty", 0);
	int point = btf__add_struct(bench->btf, "point", 2), line, pair;

	add_field(bench, "x", bench->u8, 0);
	add_field(bench, "y", bench->u8, 1);
	line = btf__add_struct(bench->btf, "line", 4);
	add_field(bench, "from", point, 0);
	add_field(bench, "to", point, 2);
	pair = btf__add_array(bench->btf, bench->u32, point, 2);
	begin_record(bench, "r", 9);
	add_field(bench, "empty", empty, 0);
	add_field(bench, "line", line, 0);
	add_field(bench, "points", pair, 4);
	add_field(bench, "last", bench->u8, 8);
	compile(bench);
	expect_fields(bench, "\1\2\3\4\5\6\7\10\11", 9,
		      "\"empty\":{},\"line\":{\"from\":{\"x\":1,\"y\":2},\"to\":{\"x\":3,\"y\":4}},"
		      "\"points\":[{\"x\":5,\"y\":6},{\"x\":7,\"y\":8}],\"last\":9");
}

static void anonymous_members_have_no_level(void **state)
{
	struct bench *bench = *state;
	int inner = btf__add_struct(bench->btf, NULL, 2), either;

	add_field(bench, "a", bench->u8, 0);
	add_field(bench, "b", bench->u8, 1);
	either = btf__add_union(bench->btf, NULL, 2);
	add_field(bench, "c", bench->u16, 0);
	add_field(bench, NULL, inner, 0);
	begin_record(bench, "r", 3);
	add_field(bench, NULL, either, 0);
	add_field(bench, "last", bench->u8, 2);
	add_format(bench, "c", FORMAT_HEX);
	compile(bench);
	expect_fields(bench, "\1\2\3", 3, "\"c\":\"0x201\",\"a\":1,\"b\":2,\"last\":3");
}

static void typedefs_and_qualifiers_are_looked_through(void **state)
{
	struct bench *bench = *state;
	int id = btf__add_volatile(bench->btf, bench->character);

	id = btf__add_const(bench->btf, btf__add_typedef(bench->btf, "letter", id));
	id = btf__add_array(bench->btf, bench->u32, id, 2);
	id = btf__add_typedef(bench->btf, "name_t", btf__add_const(bench->btf, id));
	begin_record(bench, "r", 2);
	add_field(bench, "name", id, 0);
	compile(bench);
	expect_fields(bench, "ab", 2, "\"name\":\"ab\"");
}

/* ---- Format= -------------------------------------------------------------------------------- */

static void addresses_and_ports_are_of_network_order(void **state)
{
	struct bench *bench = *state;
	int six = btf__add_array(bench->btf, bench->u32, bench->u8, 6);
	int sixteen = btf__add_array(bench->btf, bench->u32, bench->u8, 16);
	const uint8_t data[28] = {192,	0, 2, 255, 0x20, 0x01, 0x0d, 0xb8, [19] = 1,
				  0x02, 0, 0, 0,   0xab, 0xff, 0x01, 0xbb};

	begin_record(bench, "r", sizeof(data));
	add_field(bench, "four", bench->u32, 0);
	add_field(bench, "six", sixteen, 4);
	add_field(bench, "mac", six, 20);
	add_field(bench, "port", bench->u16, 26);
	add_format(bench, "four", FORMAT_IP4);
	add_format(bench, "six", FORMAT_IP6);
	add_format(bench, "mac", FORMAT_MAC);
	add_format(bench, "port", FORMAT_PORT);
	compile(bench);
	expect_fields(bench, data, sizeof(data),
		      "\"four\":\"192.0.2.255\",\"six\":\"2001:db8::1\","
		      "\"mac\":\"02:00:00:00:ab:ff\",\"port\":443");
}

static void format_applies_to_the_elements_of_an_array(void **state)
{
	struct bench *bench = *state;
	int addresses = btf__add_array(bench->btf, bench->u32, bench->u32, 2);

	begin_record(bench, "r", 8);
	add_field(bench, "hops", addresses, 0);
	add_format(bench, "hops", FORMAT_IP4);
	compile(bench);
	expect_fields(bench, "\12\0\0\1\12\0\0\2", 8, "\"hops\":[\"10.0.0.1\",\"10.0.0.2\"]");
}

static void hex_and_ns_apply_to_numbers(void **state)
{
	struct bench *bench = *state;
	int bytes = btf__add_array(bench->btf, bench->u32, bench->u8, 3);
	const struct {
		uint64_t took;
		uint32_t flags;
		uint8_t key[3];
	} __attribute__((packed)) data = {2000000001, 0x1f0, {0, 1, 0xff}};

	begin_record(bench, "r", sizeof(data));
	add_field(bench, "took", bench->u64, 0);
	add_field(bench, "flags", bench->u32, 8);
	add_field(bench, "key", bytes, 12);
	add_format(bench, "took", FORMAT_NS);
	add_format(bench, "flags", FORMAT_HEX);
	add_format(bench, "key", FORMAT_HEX);
	compile(bench);
	expect_fields(bench, &data, sizeof(data),
		      "\"took\":2.000000001,\"flags\":\"0x1f0\",\"key\":\"0001ff\"");
}

static void format_holds_for_members_of_structs_within(void **state)
{
	struct bench *bench = *state;
	int hop = btf__add_struct(bench->btf, "hop", 6), hops;

	add_field(bench, "address", bench->u32, 0);
	add_field(bench, "port", bench->u16, 4);
	hops = btf__add_array(bench->btf, bench->u32, hop, 2);
	begin_record(bench, "r", 18);
	add_field(bench, "from", hop, 0);
	add_field(bench, "over", hops, 6);
	add_format(bench, "from.address", FORMAT_IP4);
	add_format(bench, "over.port", FORMAT_PORT);
	compile(bench);
	expect_fields(bench, "\12\0\0\1\0\1\1\0\0\0\0\2\1\0\0\0\0\3", 18,
		      "\"from\":{\"address\":\"10.0.0.1\",\"port\":256},"
		      "\"over\":[{\"address\":1,\"port\":2},{\"address\":1,\"port\":3}]");
}

static void format_holds_for_a_whole_struct_or_row(void **state)
{
	struct bench *bench = *state;
	int in = btf__add_struct(bench->btf, "in_addr", 4), bytes, rows;

	add_field(bench, "s_addr", bench->u32, 0);
	bytes = btf__add_array(bench->btf, bench->u32, bench->u8, 4);
	rows = btf__add_array(bench->btf, bench->u32, bytes, 2);
	begin_record(bench, "r", 20);
	add_field(bench, "in", in, 0);
	add_field(bench, "rows", rows, 4);
	add_field(bench, "hex", in, 12);
	add_field(bench, "list", bytes, 16);
	add_format(bench, "in", FORMAT_IP4);
	add_format(bench, "rows", FORMAT_IP4);
	add_format(bench, "hex", FORMAT_HEX);
	add_format(bench, "list", FORMAT_DEC);
	compile(bench);
	expect_fields(bench, "\12\0\0\1\12\2\3\4\12\6\7\10\0\1\2\3\4\3\2\1", 20,
		      "\"in\":\"10.0.0.1\",\"rows\":[\"10.2.3.4\",\"10.6.7.8\"],"
		      "\"hex\":\"00010203\",\"list\":[4,3,2,1]");
}

static void dec_and_text_undo_what_the_type_says(void **state)
{
	struct bench *bench = *state;
	int bytes = btf__add_array(bench->btf, bench->u32, bench->u8, 3);
	int letters = btf__add_array(bench->btf, bench->u32, bench->character, 2);
	int color = btf__add_enum(bench->btf, "color", 1);

	btf__add_enum_value(bench->btf, "GREEN", 2);
	begin_record(bench, "r", 9);
	add_field(bench, "text", bytes, 0);
	add_field(bench, "letters", letters, 3);
	add_field(bench, "color", color, 5);
	add_field(bench, "flag", bench->boolean, 6);
	btf__add_field(bench->btf, "dec", color, 56, 2);
	btf__add_field(bench->btf, "hex", bench->u8, 58, 6);
	add_field(bench, "shown", color, 8);
	add_format(bench, "text", FORMAT_TEXT);
	add_format(bench, "letters", FORMAT_DEC);
	add_format(bench, "color", FORMAT_DEC);
	add_format(bench, "flag", FORMAT_DEC);
	add_format(bench, "dec", FORMAT_DEC);
	add_format(bench, "hex", FORMAT_HEX);
	compile(bench);
	expect_fields(bench, "ab\0\1\xff\2\1\xfe\2", 9,
		      "\"text\":\"ab\",\"letters\":[1,-1],\"color\":2,\"flag\":1,\"dec\":2,"
		      "\"hex\":\"0x3f\",\"shown\":\"GREEN\"");
}

static void format_of_an_unknown_field_is_an_error(void **state)
{
	struct bench *bench = *state;
	int inner = btf__add_struct(bench->btf, "inner", 4);

	add_field(bench, "deep", bench->u32, 0);
	begin_record(bench, "r", 4);
	add_field(bench, "inner", inner, 0);
	/* It is inner.deep. */
	add_format(bench, "deep", FORMAT_IP4);
	expect_broken(bench, -ENOENT,
		      "Format=deep:ip4: no struct of Record= has this field; r has inner.deep");
}

static void format_that_does_not_fit_is_an_error(void **state)
{
	struct bench *bench = *state;
	int numbers = btf__add_array(bench->btf, bench->u32, bench->u64, 2);
	int pair = btf__add_struct(bench->btf, "pair", 8);
	static const struct {
		const char *field;
		enum field_format format;
		const char *text;
	} cases[] = {
		{"saddr", FORMAT_IP4,
		 "Format=saddr:ip4: the field of Record=r has 8 bytes, ip4 needs 4; hex fits all "
		 "fields"},
		{"saddr", FORMAT_TEXT,
		 "Format=saddr:text: the field of Record=r is not an array of bytes; hex fits all "
		 "fields"},
		{"numbers", FORMAT_MAC,
		 "Format=numbers:mac: each element of the field of Record=r has 8 bytes, mac "
		 "needs 6; hex fits all fields"},
		{"numbers", FORMAT_TEXT,
		 "Format=numbers:text: the field of Record=r is not an array of bytes; hex fits "
		 "all "
		 "fields"},
		{"pair", FORMAT_DEC,
		 "Format=pair:dec: the field of Record=r is not a number or an array of numbers; "
		 "hex fits all fields"},
		{"bits", FORMAT_PORT,
		 "Format=bits:port: the field of Record=r is a bit field of 7 bits, which can be "
		 "shown as dec or hex"},
	};

	add_field(bench, "a", bench->u64, 0);
	begin_record(bench, "r", 33);
	add_field(bench, "saddr", bench->u64, 0);
	add_field(bench, "numbers", numbers, 8);
	add_field(bench, "pair", pair, 24);
	btf__add_field(bench->btf, "bits", bench->u16, 256, 7);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bench->events.format_count = 0;
		add_format(bench, (char *)cases[i].field, cases[i].format);
		expect_broken(bench, -EINVAL, cases[i].text);
	}
}

/* ---- records -------------------------------------------------------------------------------- */

struct headed {
	struct ebpfd_record header;
	uint32_t value;
	uint32_t padding;
};

static void add_headed(struct bench *bench, char *name, const char *field)
{
	begin_record(bench, name, sizeof(struct headed));
	add_field(bench, "ebpfd", bench->header, 0);
	add_field(bench, field, bench->u32, 24);
}

static void header_is_shown_before_the_fields(void **state)
{
	struct bench *bench = *state;
	const struct headed data = {
		.header = {.type = 0, .hook = 5, .cpu = 1, .number = 7, .time = 123}, .value = 9};

	add_headed(bench, "r", "value");
	compile(bench);
	expect_line_as(bench, &data, sizeof(data), false,
		       "{\"unit\":\"fw\",\"generation\":3,\"type\":\"r\",\"cpu\":1,\"time\":123,"
		       "\"number\":7,\"value\":9}");
	expect_line_as(bench, &data, sizeof(data), true,
		       "{\"unit\":\"fw\",\"generation\":3,\"type\":\"r\",\"cpu\":1,\"time\":123,"
		       "\"number\":7,\"again\":true,\"value\":9}");
}

static void type_selects_the_struct(void **state)
{
	struct bench *bench = *state;
	struct headed data = {.header = {.type = 1}, .value = 9};

	add_headed(bench, "first", "a");
	add_headed(bench, "second", "b");
	/* It is enough if one of them has the field. */
	add_format(bench, "b", FORMAT_HEX);
	compile(bench);
	expect_line_as(bench, &data, sizeof(data), false,
		       "{\"unit\":\"fw\",\"generation\":3,\"type\":\"second\",\"cpu\":0,"
		       "\"time\":0,\"number\":0,\"b\":\"0x9\"}");
	data.header.type = 0;
	expect_line_as(bench, &data, sizeof(data), false,
		       "{\"unit\":\"fw\",\"generation\":3,\"type\":\"first\",\"cpu\":0,"
		       "\"time\":0,\"number\":0,\"a\":9}");
}

static void unknown_type_is_shown_in_hex(void **state)
{
	struct bench *bench = *state;
	const struct ebpfd_record data = {.type = 2, .cpu = 4};

	add_headed(bench, "r", "value");
	compile(bench);
	expect_line_as(bench, &data, sizeof(data), false,
		       "{\"unit\":\"fw\",\"generation\":3,\"type\":null,\"cpu\":4,\"time\":0,"
		       "\"number\":0,\"error\":\"unknown type 2\","
		       "\"data\":\"020000000400000000000000000000000000000000000000\"}");
}

static void record_shorter_than_its_struct_is_shown_in_hex(void **state)
{
	struct bench *bench = *state;

	begin_record(bench, "r", 4);
	add_field(bench, "a", bench->u32, 0);
	compile(bench);
	expect_fields(bench, "\1\2\3", 3,
		      "\"error\":\"too short: 3 of 4 bytes\",\"data\":\"010203\"");
	expect_fields(bench, "\1\0\0\0\5", 5, "\"a\":1");
}

static void record_shorter_than_its_header_is_shown_in_hex(void **state)
{
	struct bench *bench = *state;
	const struct ring_record record = {.data = "\1\2\3", .length = 3};

	add_headed(bench, "r", "value");
	compile(bench);
	expect_line_as(bench, record.data, record.length, true,
		       "{\"unit\":\"fw\",\"generation\":3,\"type\":null,\"again\":true,"
		       "\"error\":\"too short: 3 of 24 bytes\",\"data\":\"010203\"}");
}

static void without_record_or_btf_all_is_data(void **state)
{
	struct bench *bench = *state;
	const char *expected = "{\"unit\":\"fw\",\"generation\":3,\"data\":\"0102\"}";

	compile(bench);
	expect_line_as(bench, "\1\2", 2, false, expected);
	bench->decoder = decoder_free(bench->decoder);
	add_headed(bench, "r", "value");
	add_format(bench, "value", FORMAT_HEX);
	assert_int_equal(compile_with(bench, NULL), 0);
	expect_line_as(bench, "\1\2", 2, false, expected);
	expect_line_as(bench, "", 0, false, "{\"unit\":\"fw\",\"generation\":3,\"data\":\"\"}");
}

static void missing_struct_is_an_error(void **state)
{
	struct bench *bench = *state;

	bench->records[bench->events.record_count++] = "absent";
	expect_broken(bench, -EINVAL, "Record=absent");
}

static void several_structs_without_header_are_an_error(void **state)
{
	struct bench *bench = *state;

	add_headed(bench, "first", "a");
	begin_record(bench, "second", 4);
	add_field(bench, "a", bench->u32, 0);
	expect_broken(bench, -EINVAL, "struct second does not begin with");
}

static void header_of_another_size_is_an_error(void **state)
{
	struct bench *bench = *state;
	struct btf *btf = btf__new_empty();
	int number = btf__add_int(btf, "unsigned int", 4, 0);
	int header = btf__add_struct(btf, "ebpfd_record", 4);

	btf__add_field(btf, "type", number, 0, 0);
	btf__add_struct(btf, "r", 8);
	btf__add_field(btf, "ebpfd", header, 0, 0);
	bench->records[bench->events.record_count++] = "r";
	assert_int_equal(compile_with(bench, btf), -EPROTO);
	expect_failure(&bench->failure, OUTCOME_FAILED, "struct ebpfd_record has 4 bytes");
	btf__free(btf);
}

static void worst_text_of_each_kind_fits_its_bound(void **state)
{
	struct bench *bench = *state;
	int text = btf__add_array(bench->btf, bench->u32, bench->character, 64);
	int sixteen = btf__add_array(bench->btf, bench->u32, bench->u8, 16);
	int numbers = btf__add_array(bench->btf, bench->u32, bench->u64, 16);
	uint8_t data[216], *at = data;
	const struct ring_record record = {.data = data, .length = sizeof(data)};
	size_t max, length;
	char *line;

	begin_record(bench, "r", sizeof(data));
	add_field(bench, "text", text, 0);
	add_field(bench, "ip6", sixteen, 64);
	add_field(bench, "numbers", numbers, 80);
	add_field(bench, "ns", bench->u64, 208);
	add_format(bench, "ip6", FORMAT_IP6);
	add_format(bench, "ns", FORMAT_NS);
	compile(bench);
	memset(at, 0xff, sizeof(data));
	memset(at, 1, 64);
	max = decoder_line_max(bench->decoder, sizeof(data));
	line = malloc(max);
	length = decoder_line(bench->decoder, &record, true, line);
	assert_in_range(length, 64 * 6 + 39 + 16 * 21, max);
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(integers_have_their_size_and_sign),
		CASE(bool_is_true_or_false),
		CASE(enum_is_its_name_or_a_number),
		CASE(unsigned_and_64_bit_enums_work),
		CASE(char_array_is_text_up_to_nul),
		CASE(other_arrays_are_json_arrays),
		CASE(nested_structs_are_objects),
		CASE(anonymous_members_have_no_level),
		CASE(typedefs_and_qualifiers_are_looked_through),
		CASE(addresses_and_ports_are_of_network_order),
		CASE(format_applies_to_the_elements_of_an_array),
		CASE(hex_and_ns_apply_to_numbers),
		CASE(format_holds_for_members_of_structs_within),
		CASE(format_holds_for_a_whole_struct_or_row),
		CASE(dec_and_text_undo_what_the_type_says),
		CASE(format_of_an_unknown_field_is_an_error),
		CASE(format_that_does_not_fit_is_an_error),
		CASE(header_is_shown_before_the_fields),
		CASE(type_selects_the_struct),
		CASE(unknown_type_is_shown_in_hex),
		CASE(record_shorter_than_its_struct_is_shown_in_hex),
		CASE(record_shorter_than_its_header_is_shown_in_hex),
		CASE(without_record_or_btf_all_is_data),
		CASE(missing_struct_is_an_error),
		CASE(several_structs_without_header_are_an_error),
		CASE(header_of_another_size_is_an_error),
		CASE(worst_text_of_each_kind_fits_its_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
