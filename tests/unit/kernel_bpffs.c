/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and paths of pins. */
#include "tests/unit/expect.h"

#include "daemon/kernel/bpffs.h"

static void path_is_below_the_root(void **state)
{
	char path[PIN_PATH_MAX];

	(void)state;
	pin_path(path, "/sys/fs/bpf/ebpfd", "%s/gen-%u/manifest", "fw", 12u);
	assert_string_equal(path, "/sys/fs/bpf/ebpfd/fw/gen-12/manifest");
}

static void path_that_is_too_long_is_cut(void **state)
{
	char path[PIN_PATH_MAX], long_name[PIN_PATH_MAX];

	(void)state;
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	pin_path(path, "/r", "%s", long_name);
	assert_int_equal(strlen(path), PIN_PATH_MAX - 1);
}

static void encoded_names_have_no_dots(void **state)
{
	static const char *const names[][2] = {
		{"flows", "flows"},
		{".rodata", "-rodata"},
		{".data.x.y", "-data-x-y"},
		{"", ""},
	};
	char encoded[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(bpffs_encode_name(names[i][0], encoded, sizeof(encoded)), 0);
		assert_string_equal(encoded, names[i][1]);
	}
}

static void name_that_fits_exactly_is_taken(void **state)
{
	char encoded[5];

	(void)state;
	assert_int_equal(bpffs_encode_name("a.cd", encoded, sizeof(encoded)), 0);
	assert_string_equal(encoded, "a-cd");
	assert_int_equal(bpffs_encode_name("abcde", encoded, sizeof(encoded)), -ENAMETOOLONG);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_is_below_the_root),
		cmocka_unit_test(path_that_is_too_long_is_cut),
		cmocka_unit_test(encoded_names_have_no_dots),
		cmocka_unit_test(name_that_fits_exactly_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
