/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one record may cost: the length of its line, and no memory. */
#include "tests/unit/decode_bench.h"

#include <jansson.h>

/* ---- memory --------------------------------------------------------------------------------- */

static unsigned allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);

void *__wrap_malloc(size_t size)
{
	allocations++;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	allocations++;
	return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	allocations++;
	return __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	allocations++;
	return __real_reallocarray(old, count, size);
}

/* One field of each kind. */
static void add_all_kinds(struct bench *bench)
{
	int text = btf__add_array(bench->btf, bench->u32, bench->character, 8);
	int bytes = btf__add_array(bench->btf, bench->u32, bench->u8, 16);
	int numbers = btf__add_array(bench->btf, bench->u32, bench->s32, 2);
	int huge = btf__add_int(bench->btf, "__int128", 16, BTF_INT_SIGNED);
	int real = btf__add_float(bench->btf, "double", 8);
	int kind = btf__add_enum(bench->btf, "kind", 4);

	btf__add_enum_value(bench->btf, "KIND", 0x01010101);
	begin_record(bench, "r", 96);
	add_field(bench, "text", text, 0);
	add_field(bench, "bytes", bytes, 8);
	add_field(bench, "ip6", bytes, 24);
	add_field(bench, "numbers", numbers, 40);
	add_field(bench, "huge", huge, 48);
	add_field(bench, "real", real, 64);
	add_field(bench, "kind", kind, 72);
	add_field(bench, "flag", bench->boolean, 76);
	add_field(bench, "ip4", bench->u32, 80);
	add_field(bench, "took", bench->u64, 84);
	btf__add_field(bench->btf, "bits", bench->u32, 92 * 8 + 3, 9);
	add_format(bench, "ip6", FORMAT_IP6);
	add_format(bench, "ip4", FORMAT_IP4);
	add_format(bench, "took", FORMAT_NS);
}

static void no_record_costs_memory(void **state)
{
	struct bench *bench = *state;
	uint8_t data[96];
	const struct ring_record whole = {.data = data, .length = sizeof(data)};
	const struct ring_record part = {.data = data, .length = 10};
	char *line;

	add_all_kinds(bench);
	allocations = 0;
	compile(bench);
	/* The count counts. */
	assert_in_range(allocations, 1, UINT32_MAX);
	line = malloc(decoder_line_max(bench->decoder, sizeof(data)));
	allocations = 0;
	for (int byte = 0; byte < 256; byte++) {
		memset(data, byte, sizeof(data));
		(void)decoder_line_max(bench->decoder, sizeof(data));
		(void)decoder_line(bench->decoder, &whole, false, line);
		(void)decoder_line(bench->decoder, &part, true, line);
	}
	assert_int_equal(allocations, 0);
	free(line);
}

/* ---- length --------------------------------------------------------------------------------- */

/* The line of a record of `length` bytes that are all `byte`, as JSON; it must have been cut. */
static json_t *cut_line(struct bench *bench, int byte, uint32_t length)
{
	char *data = malloc(length), *line;
	const struct ring_record record = {.data = data, .length = length};
	size_t max = decoder_line_max(bench->decoder, length), written;
	json_error_t error;
	json_t *json;

	assert_in_range(max, 0, DECODER_LINE_MAX + 64);
	memset(data, byte, length);
	line = malloc(max);
	written = decoder_line(bench->decoder, &record, false, line);
	assert_in_range(written, DECODER_LINE_MAX / 8, DECODER_LINE_MAX);
	json = json_loadb(line, written, JSON_DECODE_INT_AS_REAL, &error);
	if (!json)
		fail_msg("%s at %d: %.80s", error.text, error.position,
			 line + MAX(error.position - 40, 0));
	assert_true(json_is_true(json_object_get(json, "truncated")));
	free(line);
	free(data);
	return json;
}

static void a_long_text_is_cut(void **state)
{
	struct bench *bench = *state;
	int text = btf__add_array(bench->btf, bench->u32, bench->character, 100000);
	json_t *json;

	begin_record(bench, "r", 100004);
	add_field(bench, "a", bench->u8, 0);
	add_field(bench, "text", text, 1);
	add_field(bench, "behind", bench->u8, 100001);
	compile(bench);
	json = cut_line(bench, 1, 100004);
	assert_int_equal((int)json_number_value(json_object_get(json, "a")), 1);
	assert_in_range(json_string_length(json_object_get(json, "text")), 40000, 50000);
	assert_null(json_object_get(json, "behind"));
	json_decref(json);
}

static void a_long_array_is_cut(void **state)
{
	struct bench *bench = *state;
	int numbers = btf__add_array(bench->btf, bench->u32, bench->u64, 50000);
	int inner = btf__add_struct(bench->btf, "inner", 400001);
	json_t *json;

	add_field(bench, "numbers", numbers, 0);
	add_field(bench, "behind", bench->u8, 400000);
	begin_record(bench, "r", 400001);
	add_field(bench, "inner", inner, 0);
	compile(bench);
	json = cut_line(bench, 0xff, 400001);
	assert_in_range(json_array_size(json_object_get(json_object_get(json, "inner"), "numbers")),
			10000, 49999);
	json_decref(json);
}

static void many_members_are_cut_between_two(void **state)
{
	struct bench *bench = *state;
	int point = btf__add_struct(bench->btf, "a_point_with_a_name", 2), points;
	json_t *json;

	add_field(bench, "the_first_of_the_coordinates_of_a_point_on_a_map", bench->u8, 0);
	add_field(bench, "the_second_of_the_coordinates_of_a_point_on_a_map", bench->u8, 1);
	points = btf__add_array(bench->btf, bench->u32, point, 3000);
	begin_record(bench, "r", 6000);
	add_field(bench, "points", points, 0);
	compile(bench);
	json = cut_line(bench, 0xff, 6000);
	assert_in_range(json_array_size(json_object_get(json, "points")), 1000, 2999);
	json_decref(json);
}

static void long_flexible_arrays_are_cut(void **state)
{
	struct bench *bench = *state;
	int point = btf__add_struct(bench->btf, "point", 2);
	int points, bytes, tail;
	json_t *json;

	add_field(bench, "x", bench->u8, 0);
	add_field(bench, "y", bench->u8, 1);
	points = btf__add_array(bench->btf, bench->u32, point, 0);
	bytes = btf__add_array(bench->btf, bench->u32, bench->u8, 0);
	tail = btf__add_struct(bench->btf, "tail", 0);
	add_field(bench, "points", points, 0);
	begin_record(bench, "r", 0);
	add_field(bench, "tail", tail, 0);
	compile(bench);
	json = cut_line(bench, 0xff, 200000);
	assert_in_range(json_array_size(json_object_get(json_object_get(json, "tail"), "points")),
			8000, 99999);
	json_decref(json);
	bench->decoder = decoder_free(bench->decoder);
	bench->events.record_count = 0;
	begin_record(bench, "bytes", 0);
	add_field(bench, "bytes", bytes, 0);
	compile(bench);
	json = cut_line(bench, 0xff, 200000);
	json_decref(json);
}

static void long_data_is_cut(void **state)
{
	struct bench *bench = *state;
	json_t *json;

	compile(bench);
	json = cut_line(bench, 0xff, 1 << 20);
	assert_in_range(json_string_length(json_object_get(json, "data")), 200000, 1 << 18);
	json_decref(json);
}

/* Keys are text of the plan, and may be too long by themselves. */
static void many_keys_are_cut(void **state)
{
	struct bench *bench = *state;
	int empty = btf__add_struct(bench->btf, "empty", 0);
	char name[500];
	json_t *json;
	int bytes;

	bytes = btf__add_array(bench->btf, bench->u32, bench->u8, 110000);
	begin_record(bench, "r", 110000);
	add_field(bench, "bytes", bytes, 0);
	memset(name, 'x', sizeof(name));
	for (int i = 0; i < 2000; i++) {
		snprintf(name + 490, 10, "%d", i);
		add_field(bench, name, empty, 0);
	}
	compile(bench);
	json = cut_line(bench, 7, 110000);
	assert_int_equal(json_object_size(json), 5);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(no_record_costs_memory),
		CASE(a_long_text_is_cut),
		CASE(a_long_array_is_cut),
		CASE(many_members_are_cut_between_two),
		CASE(long_flexible_arrays_are_cut),
		CASE(long_data_is_cut),
		CASE(many_keys_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
