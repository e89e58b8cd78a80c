/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BTF that no compiler makes: each is refused, or read as far as it can be. */
#include "tests/unit/decode_bench.h"

static void loop_of_structs_is_an_error(void **state)
{
	struct bench *bench = *state;
	int id = begin_record(bench, "r", 4);

	add_field(bench, "self", id, 0);
	expect_broken(bench, -ELOOP, "Record=r");
}

static void loop_of_anonymous_structs_is_an_error(void **state)
{
	struct bench *bench = *state;
	int id = begin_record(bench, "r", 4);

	add_field(bench, NULL, id, 0);
	add_field(bench, NULL, id, 0);
	expect_broken(bench, -ELOOP, "Record=r");
}

static void loop_of_typedefs_is_an_error(void **state)
{
	struct bench *bench = *state;
	int next = btf__type_cnt(bench->btf);
	int id = btf__add_typedef(bench->btf, "around", next + 1);

	btf__add_const(bench->btf, id);
	begin_record(bench, "r", 4);
	add_field(bench, "a", id, 0);
	expect_broken(bench, -ELOOP, "Record=r: the object's BTF is broken");
}

static void loop_of_arrays_is_an_error(void **state)
{
	struct bench *bench = *state;
	int next = btf__type_cnt(bench->btf);
	int id = btf__add_array(bench->btf, bench->u32, next, 1);

	begin_record(bench, "r", 4);
	add_field(bench, "a", id, 0);
	expect_broken(bench, -ELOOP, "Record=r: the object's BTF is broken");
}

static void type_that_does_not_exist_is_an_error(void **state)
{
	struct bench *bench = *state;

	begin_record(bench, "r", 4);
	add_field(bench, "a", 9999, 0);
	expect_broken(bench, -EINVAL, "Record=r: the object's BTF is broken");
}

static void field_outside_of_its_struct_is_an_error(void **state)
{
	struct bench *bench = *state;

	begin_record(bench, "r", 4);
	add_field(bench, "a", bench->u32, 1);
	expect_broken(bench, -EINVAL, "outside of its struct");
}

static void field_at_an_absurd_offset_is_an_error(void **state)
{
	struct bench *bench = *state;

	begin_record(bench, "r", 4);
	btf__add_field(bench->btf, "a", bench->u8, 0x7ffffff8, 0);
	expect_broken(bench, -EINVAL, "outside of its struct");
}

static void absurd_sizes_are_errors(void **state)
{
	struct bench *bench = *state;
	int many = btf__add_array(bench->btf, bench->u32, bench->u64, 0xffffffff);
	int more = btf__add_array(bench->btf, bench->u32, many, 0xffffffff);

	begin_record(bench, "r", 0xffffffff);
	add_field(bench, "a", bench->u8, 0);
	expect_broken(bench, -EINVAL, "Record=r has 4294967295 bytes");
	bench->events.record_count = 0;
	begin_record(bench, "s", 8);
	add_field(bench, "a", many, 0);
	expect_broken(bench, -EINVAL, "outside of its struct");
	bench->events.record_count = 0;
	begin_record(bench, "t", 8);
	add_field(bench, "a", more, 0);
	expect_broken(bench, -EOVERFLOW, "Record=t");
	add_format(bench, "a", FORMAT_HEX);
	expect_broken(bench, -EOVERFLOW, "Record=t");
}

static void too_many_fields_are_an_error(void **state)
{
	struct bench *bench = *state;
	char name[16];

	begin_record(bench, "r", 4);
	for (int i = 0; i <= 10000; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		add_field(bench, name, bench->u8, 0);
	}
	expect_broken(bench, -E2BIG, "more than 10000 fields");
}

static void as_many_fields_as_allowed_work(void **state)
{
	struct bench *bench = *state;
	char name[16];

	begin_record(bench, "r", 4);
	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		add_field(bench, name, bench->u8, 0);
	}
	compile(bench);
}

static void array_of_very_many_structs_is_an_error(void **state)
{
	struct bench *bench = *state;
	int empty = btf__add_struct(bench->btf, "empty", 0);
	int many = btf__add_array(bench->btf, bench->u32, empty, 0xffffffff);

	begin_record(bench, "r", 4);
	add_field(bench, "a", many, 0);
	expect_broken(bench, -E2BIG, "more than 10000 fields");
}

/* Each of 30 structs has two members of the one before: 2^30 fields in few bytes of BTF. */
static void doubling_structs_are_an_error(void **state)
{
	struct bench *bench = *state;
	int id = bench->u8;
	char name[16];

	for (int i = 0; i < 29; i++) {
		int inner = id;

		snprintf(name, sizeof(name), "s%d", i);
		id = btf__add_struct(bench->btf, name, 1);
		add_field(bench, "a", inner, 0);
		add_field(bench, "b", inner, 0);
	}
	begin_record(bench, "r", 1);
	add_field(bench, "a", id, 0);
	expect_broken(bench, -E2BIG, "more than 10000 fields");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(loop_of_structs_is_an_error),
		CASE(loop_of_anonymous_structs_is_an_error),
		CASE(loop_of_typedefs_is_an_error),
		CASE(loop_of_arrays_is_an_error),
		CASE(type_that_does_not_exist_is_an_error),
		CASE(field_outside_of_its_struct_is_an_error),
		CASE(field_at_an_absurd_offset_is_an_error),
		CASE(absurd_sizes_are_errors),
		CASE(too_many_fields_are_an_error),
		CASE(as_many_fields_as_allowed_work),
		CASE(array_of_very_many_structs_is_an_error),
		CASE(doubling_structs_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
