/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks as keys of LPM tries. */
#include "tests/unit/expect.h"

#include <string.h>

#include "daemon/maps/prefix.h"

#define KEY4 8
#define KEY6 20

static void expect_key(const char *text, size_t size, uint32_t length, const char *address)
{
	uint8_t key[KEY6] = {}, expected[KEY6] = {};
	struct failure failure;

	memcpy(expected, &length, sizeof(length));
	memcpy(expected + sizeof(length), address, size - sizeof(length));
	if (prefix_read(text, key, size, &failure) < 0)
		fail_msg("%s", failure.text);
	assert_memory_equal(key, expected, size);
}

static void expect_refused(const char *text, size_t size, const char *why)
{
	uint8_t key[64], untouched[64];
	struct failure failure;

	memset(key, 0x55, sizeof(key));
	memcpy(untouched, key, sizeof(key));
	assert_int_equal(prefix_read(text, key, size, &failure), -EINVAL);
	expect_failure(&failure, OUTCOME_USAGE, why);
	assert_memory_equal(key, untouched, sizeof(key));
}

static void networks_are_keys(void **state)
{
	(void)state;
	expect_key("192.0.2.0/24", KEY4, 24, "\xc0\0\2\0");
	expect_key("192.0.2.128/25", KEY4, 25, "\xc0\0\2\x80");
	expect_key("0.0.0.0/0", KEY4, 0, "\0\0\0\0");
	expect_key("2001:db8::/33", KEY6, 33, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\0");
}

static void addresses_are_of_full_length(void **state)
{
	(void)state;
	expect_key("192.0.2.9", KEY4, 32, "\xc0\0\2\x9");
	expect_key("::1", KEY6, 128, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1");
}

static void what_is_none_is_refused(void **state)
{
	(void)state;
	expect_refused("192.0.2.0/33", KEY4, "must be a network such as 192.0.2.0/24");
	expect_refused("192.0.2/24", KEY4, "not \"192.0.2/24\"");
	expect_refused("192.0.2.0/", KEY4, "must be a network");
	expect_refused("192.0.2.0/-1", KEY4, "must be a network");
	expect_refused("192.0.2.0/24x", KEY4, "must be a network");
	expect_refused("::1", KEY4, "must be a network such as 192.0.2.0/24");
	expect_refused("192.0.2.0/24", KEY6, "must be a network such as 2001:db8::/32");
	expect_refused("1", KEY4 + 8, "its 12 bytes are no IP address");
}

static void bits_behind_the_prefix_are_refused(void **state)
{
	(void)state;
	expect_refused("192.0.2.9/24", KEY4, "the network is 192.0.2.0/24");
	expect_refused("192.0.2.192/25", KEY4, "the network is 192.0.2.128/25");
	expect_refused("192.0.2.1/0", KEY4, "the network is 0.0.0.0/0");
	expect_refused("2001:db8::1/127", KEY6, "the network is 2001:db8::/127");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_are_keys),
		cmocka_unit_test(addresses_are_of_full_length),
		cmocka_unit_test(what_is_none_is_refused),
		cmocka_unit_test(bits_behind_the_prefix_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
