/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/expect.h"

#include <stdint.h>
#include <string.h>

#include "lib/sha256.h"

static void expect_digest(const void *data, size_t size, const char *expected)
{
	char text[SHA256_TEXT_SIZE];

	sha256_text(data, size, text);
	assert_string_equal(text, expected);
}

/* The examples of the standard. */
static void standard_examples(void **state)
{
	static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

	(void)state;
	expect_digest("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	expect_digest("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	expect_digest(two_blocks, strlen(two_blocks),
		      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void a_million(void **state)
{
	static char data[1000000];

	(void)state;
	memset(data, 'a', sizeof(data));
	expect_digest(data, sizeof(data),
		      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Where the length just fits into the last block, and where it does not. */
static void ends_of_blocks(void **state)
{
	static const struct {
		size_t size;
		const char *digest;
	} ends[] = {
		{55, "d5e285683cd4efc02d021a5c62014694958901005d6f71e89e0989fac77e4072"},
		{56, "04c26261370ee7541549d16dee320c723e3fd14671e66a099afe0a377c16888e"},
		{63, "75220b47218278e656f2013bb8f0c455a25eaf01e86c64924e9d48d89776d6f2"},
		{64, "7ce100971f64e7001e8fe5a51973ecdfe1ced42befe7ee8d5fd6219506b5393c"},
		{65, "9537c5fdf120482f7d58d25e9ed583f52c02b4e304ea814db1633ad565aed7e9"},
	};
	char data[65];

	(void)state;
	memset(data, 'x', sizeof(data));
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		expect_digest(data, ends[i].size, ends[i].digest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(standard_examples),
		cmocka_unit_test(a_million),
		cmocka_unit_test(ends_of_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
