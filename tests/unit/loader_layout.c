/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the contents of a kept map mean the same: types compared by BTF that is made here. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/loader/layout.h"

struct types {
	struct btf *btf;
	int u32, u64, s64, chars;
};

static struct types make_types(void)
{
	struct types types = {.btf = btf__new_empty()};
	int index, character;

	types.u32 = btf__add_int(types.btf, "unsigned int", 4, 0);
	types.u64 = btf__add_int(types.btf, "unsigned long", 8, 0);
	types.s64 = btf__add_int(types.btf, "long", 8, BTF_INT_SIGNED);
	character = btf__add_int(types.btf, "char", 1, BTF_INT_SIGNED);
	index = types.u32;
	types.chars = btf__add_array(types.btf, index, character, 16);
	return types;
}

struct field {
	const char *name;
	int type;
	uint32_t offset; /* bytes */
};

static int add_struct(struct types *types, uint32_t size, const struct field *fields, size_t count)
{
	int id = btf__add_struct(types->btf, "flow", size);

	for (size_t i = 0; i < count; i++)
		assert_int_equal(btf__add_field(types->btf, fields[i].name, fields[i].type,
						fields[i].offset * 8, 0),
				 0);
	return id;
}

#define STRUCT(types, size, ...)                                     \
	add_struct(types, size, (const struct field[]){__VA_ARGS__}, \
		   sizeof((const struct field[]){__VA_ARGS__}) / sizeof(struct field))

static struct types before, after;

static int set_up(void **state)
{
	(void)state;
	before = make_types();
	after = make_types();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	btf__free(before.btf);
	btf__free(after.btf);
	return 0;
}

static char text[LAYOUT_TEXT_MAX];

static int compare(int was, int is)
{
	return layout_compare("value", before.btf, (uint32_t)was, after.btf, (uint32_t)is, text);
}

static void expect_text(const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void same_struct_is_the_same(void **state)
{
	int was = STRUCT(&before, 16, {"packets", before.u64, 0}, {"bytes", before.u64, 8});
	int is = STRUCT(&after, 16, {"packets", after.u64, 0}, {"bytes", after.u64, 8});

	(void)state;
	assert_int_equal(compare(was, is), 0);
	assert_string_equal(text, "");
}

static void fields_in_another_order_are_both_named(void **state)
{
	int was = STRUCT(&before, 16, {"packets", before.u64, 0}, {"bytes", before.u64, 8});
	int is = STRUCT(&after, 16, {"bytes", after.u64, 0}, {"packets", after.u64, 8});

	(void)state;
	assert_int_equal(compare(was, is), 1);
	expect_text("value.packets (unsigned long) moved from offset 0 to 8");
	expect_text("value.bytes (unsigned long) moved from offset 8 to 0");
}

static void renamed_field_is_gone_and_new(void **state)
{
	int was = STRUCT(&before, 8, {"packets", before.u64, 0});
	int is = STRUCT(&after, 8, {"bytes", after.u64, 0});

	(void)state;
	assert_int_equal(compare(was, is), 1);
	expect_text("value.packets (unsigned long, offset 0) is gone");
	expect_text("value.bytes (unsigned long, offset 0) is new");
}

static void field_of_another_type_is_named_with_both(void **state)
{
	int was = STRUCT(&before, 8, {"delta", before.u64, 0});
	int is = STRUCT(&after, 8, {"delta", after.s64, 0});

	(void)state;
	assert_int_equal(compare(was, is), 1);
	expect_text("value.delta was unsigned long (8 bytes) and is long (8 bytes)");
}

static void grown_struct_says_both_sizes(void **state)
{
	int was = STRUCT(&before, 8, {"packets", before.u64, 0});
	int is = STRUCT(&after, 16, {"packets", after.u64, 0}, {"bytes", after.u64, 8});

	(void)state;
	assert_int_equal(compare(was, is), 1);
	expect_text("value was 8 bytes and is 16");
}

static void nested_field_is_named_by_its_path(void **state)
{
	int inner_was = STRUCT(&before, 8, {"a", before.u32, 0}, {"b", before.u32, 4});
	int inner_is = STRUCT(&after, 8, {"b", after.u32, 0}, {"a", after.u32, 4});
	int was = STRUCT(&before, 8, {"inner", inner_was, 0});
	int is = STRUCT(&after, 8, {"inner", inner_is, 0});

	(void)state;
	assert_int_equal(compare(was, is), 1);
	expect_text("value.inner.a (unsigned int) moved from offset 0 to 4");
}

static void names_of_types_mean_nothing(void **state)
{
	int typedef_id = btf__add_typedef(after.btf, "u64_t", after.u64);
	int is = btf__add_const(after.btf, typedef_id);

	(void)state;
	assert_int_equal(compare(before.u64, is), 0);
}

static void array_of_another_length_is_a_change(void **state)
{
	int is = btf__add_array(after.btf, after.u32, after.u32, 4);
	int was = btf__add_array(before.btf, before.u32, before.u32, 3);

	(void)state;
	assert_int_equal(compare(was, is), 1);
	expect_text("value had 3 elements and has 4");
}

static void elements_are_compared(void **state)
{
	int was = btf__add_array(before.btf, before.u32, before.u64, 3);
	int is = btf__add_array(after.btf, after.u32, after.s64, 3);

	(void)state;
	assert_int_equal(compare(was, is), 1);
	expect_text("value[] was unsigned long");
}

static int add_enum(struct types *types, const char *first, int value, const char *second)
{
	int id = btf__add_enum(types->btf, "state", 4);

	btf__add_enum_value(types->btf, first, value);
	if (second)
		btf__add_enum_value(types->btf, second, value + 1);
	return id;
}

static void enum_may_gain_a_name(void **state)
{
	(void)state;
	assert_int_equal(
		compare(add_enum(&before, "OPEN", 0, NULL), add_enum(&after, "OPEN", 0, "SHUT")),
		0);
}

static void enum_must_not_change_a_value(void **state)
{
	(void)state;
	assert_int_equal(
		compare(add_enum(&before, "OPEN", 0, NULL), add_enum(&after, "OPEN", 1, NULL)), 1);
	expect_text("OPEN was 0 and is 1");
}

static void enum_must_not_lose_a_name(void **state)
{
	(void)state;
	assert_int_equal(
		compare(add_enum(&before, "OPEN", 0, "SHUT"), add_enum(&after, "OPEN", 0, NULL)),
		1);
	expect_text("the name SHUT is gone");
}

static void another_kind_is_a_change(void **state)
{
	int is = STRUCT(&after, 8, {"packets", after.u64, 0});

	(void)state;
	assert_int_equal(compare(before.u64, is), 1);
	expect_text("value was unsigned long (8 bytes) and is struct flow (8 bytes)");
}

static void bit_field_of_another_width_is_a_change(void **state)
{
	int was = btf__add_struct(before.btf, "bits", 4), is;

	(void)state;
	btf__add_field(before.btf, "flags", before.u32, 0, 3);
	is = btf__add_struct(after.btf, "bits", 4);
	btf__add_field(after.btf, "flags", after.u32, 0, 5);
	assert_int_equal(compare(was, is), 1);
	expect_text("value.flags was a field of 3 bits and is one of 5");
}

static void long_list_is_cut_with_a_sign(void **state)
{
	int was = btf__add_struct(before.btf, "wide", 400), is;
	char name[32];

	(void)state;
	for (int i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "field_of_some_length_%d", i);
		btf__add_field(before.btf, name, before.u32, (uint32_t)i * 32, 0);
	}
	is = btf__add_struct(after.btf, "wide", 400);
	assert_int_equal(compare(was, is), 1);
	assert_true(strlen(text) < LAYOUT_TEXT_MAX);
	assert_string_equal(text + strlen(text) - strlen("; …"), "; …");
}

static void nesting_without_end_is_refused(void **state)
{
	int was = btf__add_struct(before.btf, "loop", 8), is;

	(void)state;
	btf__add_field(before.btf, "self", was, 0, 0);
	is = btf__add_struct(after.btf, "loop", 8);
	btf__add_field(after.btf, "self", is, 0, 0);
	assert_int_equal(compare(was, is), -EINVAL);
}

static void work_that_doubles_is_refused(void **state)
{
	int was = before.u32, is = after.u32;

	(void)state;
	for (int i = 0; i < 30; i++) {
		was = STRUCT(&before, 8, {"a", was, 0}, {"b", was, 4});
		is = STRUCT(&after, 8, {"a", is, 0}, {"b", is, 4});
	}
	assert_int_equal(compare(was, is), -EINVAL);
}

static void id_out_of_range_is_refused(void **state)
{
	(void)state;
	assert_int_equal(compare(1000, after.u32), -EINVAL);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(same_struct_is_the_same),	     CASE(fields_in_another_order_are_both_named),
		CASE(renamed_field_is_gone_and_new), CASE(field_of_another_type_is_named_with_both),
		CASE(grown_struct_says_both_sizes),  CASE(nested_field_is_named_by_its_path),
		CASE(names_of_types_mean_nothing),   CASE(array_of_another_length_is_a_change),
		CASE(elements_are_compared),	     CASE(enum_may_gain_a_name),
		CASE(enum_must_not_change_a_value),  CASE(enum_must_not_lose_a_name),
		CASE(another_kind_is_a_change),	     CASE(bit_field_of_another_width_is_a_change),
		CASE(long_list_is_cut_with_a_sign),  CASE(nesting_without_end_is_refused),
		CASE(work_that_doubles_is_refused),  CASE(id_out_of_range_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
