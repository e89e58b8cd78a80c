/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of places: they are directories in bpffs. */
#include "tests/unit/expect.h"

#include "daemon/kernel/place.h"

static void names_of_hooks_and_generations_are_names(void **state)
{
	static const char *const names[] = {"in", "in@2", "a-b_c@4294967295", "0@1"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!place_name_is_valid(names[i]))
			fail_msg("\"%s\" is a name", names[i]);
}

static void all_else_is_none(void **state)
{
	static const char *const names[] = {"",	     "@",    "@2",    "in@",	      "in@0",
					    "in@02", "in@x", "in@2x", "in@-2",	      "in@2@3",
					    "in/x",  "..",   "In",    "in@4294967296"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (place_name_is_valid(names[i]))
			fail_msg("\"%s\" is no name", names[i]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_hooks_and_generations_are_names),
		cmocka_unit_test(all_else_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
