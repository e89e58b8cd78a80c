/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of a map to lines, and the sums of per-CPU values. */
#include "tests/unit/decode_bench.h"

#include <string.h>

#include "daemon/events/decode_entry.h"
#include "daemon/events/decode_wide.h"
#include "daemon/events/entry_sum.h"

static struct entry_settings entry_of(const struct bench *bench, int key, int value)
{
	return (struct entry_settings){
		.map = "m",
		.key = {.size = (uint32_t)btf__resolve_size(bench->btf, (uint32_t)key),
			.type = (uint32_t)key},
		.value = {.size = (uint32_t)btf__resolve_size(bench->btf, (uint32_t)value),
			  .type = (uint32_t)value},
		.btf = bench->btf,
		.formats = bench->formats,
		.format_count = bench->events.format_count};
}

static void expect_entry(struct bench *bench, const struct entry_settings *settings, bool each_cpu,
			 const void *record, uint32_t length, const char *expected)
{
	decoder_free(bench->decoder);
	bench->decoder = NULL;
	if (entry_decoder_new(settings, each_cpu, &bench->decoder, &bench->failure) < 0)
		fail_msg("%s", bench->failure.text);
	expect_line_as(bench, record, length, false, expected);
}

static void keys_and_values_stand_side_by_side(void **state)
{
	struct bench *bench = *state;
	int point = btf__add_struct(bench->btf, "point", 4);
	struct entry_settings settings;
	const uint8_t record[12] = {1, 0, 2, 0, 0, 0, 0, 0, 7, 0, 0, 0};

	add_field(bench, "x", bench->u16, 0);
	add_field(bench, "unit", bench->u16, 2);
	settings = entry_of(bench, point, bench->u32);
	expect_entry(bench, &settings, false, record, 12,
		     "{\"key\":{\"x\":1,\"unit\":2},\"value\":7}");
	settings.key.type = 0;
	settings.value.type = 0;
	expect_entry(bench, &settings, false, record, 12,
		     "{\"key\":\"01000200\",\"value\":\"07000000\"}");
	settings.key.is_number = true;
	expect_entry(bench, &settings, false, record, 12,
		     "{\"key\":131073,\"value\":\"07000000\"}");
}

static void values_of_each_cpu_are_a_list(void **state)
{
	struct bench *bench = *state;
	int pair = btf__add_struct(bench->btf, "pair", 4);
	struct entry_settings settings;
	const uint8_t record[24] = {9, [8] = 1, [10] = 2, [16] = 3, [18] = 4};

	add_field(bench, "a", bench->u16, 0);
	add_field(bench, "b", bench->u16, 2);
	settings = entry_of(bench, bench->u32, pair);
	expect_entry(bench, &settings, true, record, 24,
		     "{\"key\":9,\"values\":[{\"a\":1,\"b\":2},{\"a\":3,\"b\":4}]}");
	settings.value.type = 0;
	expect_entry(bench, &settings, true, record, 24,
		     "{\"key\":9,\"values\":[\"01000200\",\"03000400\"]}");
}

static void variables_of_a_section_are_an_object(void **state)
{
	struct bench *bench = *state;
	int first = btf__add_var(bench->btf, "first", BTF_VAR_GLOBAL_ALLOCATED, bench->u32);
	int second = btf__add_var(bench->btf, "second", BTF_VAR_GLOBAL_ALLOCATED, bench->u16);
	struct entry_settings settings = {.map = "m",
					  .key = {.size = 4, .is_number = true},
					  .value = {.size = 6},
					  .btf = bench->btf,
					  .formats = bench->formats};
	const uint8_t record[16] = {[8] = 5, [12] = 0x01, [13] = 0xbb};

	settings.value.type = (uint32_t)btf__add_datasec(bench->btf, ".bss", 6);
	btf__add_datasec_var_info(bench->btf, first, 0, 4);
	btf__add_datasec_var_info(bench->btf, second, 4, 2);
	add_format(bench, "value.second", FORMAT_PORT);
	settings.format_count = 1;
	expect_entry(bench, &settings, false, record, 14,
		     "{\"key\":0,\"value\":{\"first\":5,\"second\":443}}");
}

static void expect_refused(struct bench *bench, const struct entry_settings *settings,
			   const char *why)
{
	assert_true(entry_decoder_new(settings, false, &bench->decoder, &bench->failure) < 0);
	expect_failure(&bench->failure, OUTCOME_FAILED, why);
}

static void formats_are_held_against_both_types(void **state)
{
	struct bench *bench = *state;
	int flow = btf__add_struct(bench->btf, "flow", 8);
	struct entry_settings settings;

	add_field(bench, "saddr", bench->u32, 0);
	add_field(bench, "bytes", bench->u32, 4);
	add_format(bench, "key.daddr", FORMAT_IP4);
	settings = entry_of(bench, flow, bench->u64);
	expect_refused(bench, &settings,
		       "Format=key.daddr:ip4: no key or value of the map has this field; it has "
		       "key.saddr, key.bytes, value");
	bench->formats[0] = (struct unit_format){.field = "value", .format = FORMAT_IP4};
	expect_refused(bench, &settings,
		       "Format=value:ip4: the field of map m has 8 bytes, ip4 needs 4");
}

static void expect_sum(struct bench *bench, const struct entry_settings *settings, bool wide,
		       const void *record, unsigned cpus, const char *expected)
{
	struct entry_sum *sum;
	struct decoder *decoder, *texts = NULL;
	const void *summed;
	uint32_t length;

	assert_int_equal(entry_decoder_new(settings, false, &decoder, &bench->failure), 0);
	assert_int_equal(entry_sum_new(decoder, settings->key.size, &sum), 0);
	summed = entry_sum_record(sum, record, entry_value_stride(settings->value.size), cpus,
				  &length);
	bench->decoder = (struct decoder *)entry_sum_decoder(sum);
	if (wide)
		assert_int_equal(decoder_wide_new(entry_sum_decoder(sum), &texts), 0);
	if (wide)
		bench->decoder = texts;
	expect_line_as(bench, summed, length, false, expected);
	bench->decoder = NULL;
	decoder_wide_free(texts);
	entry_sum_free(sum);
	decoder_free(decoder);
}

static void each_number_is_summed_for_itself(void **state)
{
	struct bench *bench = *state;
	int list = btf__add_array(bench->btf, bench->u32, bench->u32, 2);
	int real = btf__add_float(bench->btf, "float", 4);
	int id = btf__add_struct(bench->btf, "counts", 24);
	struct entry_settings settings;
	struct {
		uint64_t key;
		struct {
			uint32_t list[2];
			int32_t balance;
			uint32_t bits;
			float real;
			uint32_t padding;
		} cpus[2];
	} record = {.key = 1,
		    .cpus = {{{UINT32_MAX, 1}, INT32_MIN, 0x7f, 0.5F, 0},
			     {{UINT32_MAX, 2}, INT32_MIN, 0x7f, 1, 0}}};

	add_field(bench, "list", list, 0);
	add_field(bench, "balance", bench->s32, 8);
	btf__add_field(bench->btf, "low", bench->u32, 96, 4);
	add_field(bench, "real", real, 16);
	settings = entry_of(bench, bench->u32, id);
	expect_sum(
		bench, &settings, false, &record, 2,
		"{\"key\":1,\"value\":{\"list\":[8589934590,3],\"balance\":-4294967296,\"low\":30,"
		"\"real\":1.5}}");
	expect_sum(
		bench, &settings, true, &record, 2,
		"{\"key\":1,\"value\":{\"list\":[\"8589934590\",\"3\"],\"balance\":\"-4294967296\","
		"\"low\":\"30\",\"real\":1.5}}");
}

static void what_is_no_number_has_no_sum(void **state)
{
	struct bench *bench = *state;
	struct entry_settings settings = entry_of(bench, bench->u32, bench->boolean);
	struct entry_sum *sum;
	struct decoder *decoder;

	assert_int_equal(entry_decoder_new(&settings, false, &decoder, &bench->failure), 0);
	assert_int_equal(entry_sum_new(decoder, 4, &sum), -EOPNOTSUPP);
	decoder_free(decoder);
	settings.value.type = (uint32_t)bench->u32;
	settings.value.size = 4;
	add_format(bench, "value", FORMAT_IP4);
	settings.format_count = 1;
	assert_int_equal(entry_decoder_new(&settings, false, &decoder, &bench->failure), 0);
	assert_int_equal(entry_sum_new(decoder, 4, &sum), -EOPNOTSUPP);
	decoder_free(decoder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(keys_and_values_stand_side_by_side),
		CASE(values_of_each_cpu_are_a_list),
		CASE(variables_of_a_section_are_an_object),
		CASE(formats_are_held_against_both_types),
		CASE(each_number_is_summed_for_itself),
		CASE(what_is_no_number_has_no_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
