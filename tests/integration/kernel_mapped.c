/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mapped one-entry arrays, and the selector among them, as pins. */
#include "tests/unit/expect.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/selector.h"
#include "lib/cleanup.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/tiny_program.h"

/* A new path for each pin. */
static const char *pin(int fd)
{
	static char path[PIN_PATH_MAX];
	static int number;

	pin_path(path, sandbox.bpffs, "pin%d", number++);
	assert_true(fd >= 0);
	assert_int_equal(bpffs_pin(fd, path, NULL), 0);
	return path;
}

static void value_is_zeroed_and_shared(void **state)
{
	struct mapped made = MAPPED_INIT, opened = MAPPED_INIT;
	uint32_t zero = 0;
	uint64_t word;

	(void)state;
	assert_int_equal(mapped_create("shared", 8, &made), 0);
	assert_int_equal(*(uint64_t *)made.value, 0);
	assert_int_equal(mapped_open(pin(made.fd), &opened), 0);
	assert_int_equal(opened.size, 8);
	*(uint64_t *)made.value = 0x1234;
	assert_int_equal(*(uint64_t *)opened.value, 0x1234);
	assert_int_equal(bpf_map_lookup_elem(made.fd, &zero, &word), 0);
	assert_int_equal(word, 0x1234);
	mapped_deinit(&opened);
	assert_int_equal(*(uint64_t *)made.value, 0x1234);
	mapped_deinit(&made);
	mapped_deinit(&made);
}

static void value_of_several_pages_is_mapped_whole(void **state)
{
	const size_t size = 3 * (size_t)sysconf(_SC_PAGESIZE) + 8;
	struct mapped mapped = MAPPED_INIT;

	(void)state;
	assert_int_equal(mapped_create("large", size, &mapped), 0);
	assert_int_equal(mapped.size, size);
	assert_true(mapped.length >= size);
	((char *)mapped.value)[size - 1] = 1;
	mapped_deinit(&mapped);
}

static void expect_not_mapped(int fd)
{
	cleanup_close int owned = fd;
	struct mapped mapped = MAPPED_INIT;

	assert_int_equal(mapped_open(pin(owned), &mapped), -EINVAL);
	assert_null(mapped.value);
}

static void what_is_no_mapped_array_is_refused(void **state)
{
	LIBBPF_OPTS(bpf_map_create_opts, mapped, .map_flags = BPF_F_MMAPABLE);

	(void)state;
	expect_not_mapped(bpf_map_create(BPF_MAP_TYPE_HASH, "hash", 4, 8, 1, NULL));
	expect_not_mapped(bpf_map_create(BPF_MAP_TYPE_ARRAY, "plain", 4, 8, 1, NULL));
	expect_not_mapped(bpf_map_create(BPF_MAP_TYPE_ARRAY, "two", 4, 8, 2, &mapped));
	expect_not_mapped(tiny_program(BPF_PROG_TYPE_XDP, BPF_XDP, 2));
}

static void missing_pin_is_told(void **state)
{
	struct mapped mapped = MAPPED_INIT;
	char path[PIN_PATH_MAX];

	(void)state;
	pin_path(path, sandbox.bpffs, "no-such-pin");
	assert_int_equal(mapped_open(path, &mapped), -ENOENT);
}

/* ---- the selector ---- */

static void new_selector_says_nothing_is_in_force(void **state)
{
	struct mapped mapped = MAPPED_INIT, opened = MAPPED_INIT;
	const struct ebpfd_selector *selector;

	(void)state;
	assert_int_equal(selector_create(&mapped), 0);
	assert_int_equal(selector_open(pin(mapped.fd), &opened, NULL), 0);
	selector = opened.value;
	assert_int_equal(selector->format, EBPFD_FORMAT);
	assert_int_equal(selector->size, sizeof(*selector));
	assert_int_equal(selector->next_generation, 1);
	assert_int_equal(word_bank(selector_word(selector)), BANK_NONE);
	assert_int_equal(selector->operation, EBPFD_OPERATION_NONE);
	mapped_deinit(&opened);
	mapped_deinit(&mapped);
}

static void expect_no_selector(const struct mapped *mapped, int err, const char *part)
{
	const char *path = pin(mapped->fd);
	struct mapped opened = MAPPED_INIT;
	struct failure failure;

	assert_int_equal(selector_open(path, &opened, &failure), err);
	expect_failure(&failure, OUTCOME_FAILED, part);
	expect_text_has(failure.text, path);
	assert_null(opened.value);
}

static void newer_format_is_told(void **state)
{
	struct mapped mapped = MAPPED_INIT;

	(void)state;
	assert_int_equal(selector_create(&mapped), 0);
	((struct ebpfd_selector *)mapped.value)->format = EBPFD_FORMAT + 1;
	expect_no_selector(&mapped, -EPROTO, "newer than this ebpfd");
	mapped_deinit(&mapped);
}

static void zeroes_are_no_selector(void **state)
{
	struct mapped mapped = MAPPED_INIT;

	(void)state;
	assert_int_equal(mapped_create("zeroes", sizeof(struct ebpfd_selector), &mapped), 0);
	expect_no_selector(&mapped, -EINVAL, "no selector");
	mapped_deinit(&mapped);
}

static void short_value_is_no_selector(void **state)
{
	struct mapped mapped = MAPPED_INIT;

	(void)state;
	assert_int_equal(mapped_create("short", sizeof(struct ebpfd_selector) - 8, &mapped), 0);
	((struct ebpfd_selector *)mapped.value)->format = EBPFD_FORMAT;
	expect_no_selector(&mapped, -EINVAL, "no selector");
	mapped_deinit(&mapped);
}

static void other_pins_are_no_selector(void **state)
{
	struct mapped mapped = {.fd = tiny_program(BPF_PROG_TYPE_XDP, BPF_XDP, 2)};

	(void)state;
	expect_no_selector(&mapped, -EINVAL, "Invalid argument");
	mapped_deinit(&mapped);
}

/* Fields are only appended, and the format stays. */
static void longer_selector_of_the_same_format_is_taken(void **state)
{
	struct mapped mapped = MAPPED_INIT, opened = MAPPED_INIT;

	(void)state;
	assert_int_equal(mapped_create("longer", sizeof(struct ebpfd_selector) + 64, &mapped), 0);
	((struct ebpfd_selector *)mapped.value)->format = EBPFD_FORMAT;
	assert_int_equal(selector_open(pin(mapped.fd), &opened, NULL), 0);
	mapped_deinit(&opened);
	mapped_deinit(&mapped);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_is_zeroed_and_shared),
		cmocka_unit_test(value_of_several_pages_is_mapped_whole),
		cmocka_unit_test(what_is_no_mapped_array_is_refused),
		cmocka_unit_test(missing_pin_is_told),
		cmocka_unit_test(new_selector_says_nothing_is_in_force),
		cmocka_unit_test(newer_format_is_told),
		cmocka_unit_test(zeroes_are_no_selector),
		cmocka_unit_test(short_value_is_no_selector),
		cmocka_unit_test(other_pins_are_no_selector),
		cmocka_unit_test(longer_selector_of_the_same_format_is_taken),
	};

	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
