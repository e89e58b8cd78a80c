/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies of objects by digest. */
#include "tests/unit/expect.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/state/store.h"
#include "lib/cleanup.h"
#include "lib/str.h"
#include "tests/support/state.h"

static int prepare(void **state)
{
	return state_make(state) < 0 ? -1 : store_prepare(*state);
}

static bool has_object(const char *directory, const char *name)
{
	char path[PATH_MAX];

	assert_int_equal(str_format(path, sizeof(path), "objects/%s", name), 0);
	return state_has(directory, path);
}

static void write_object(const char *directory, const char *name, size_t size)
{
	char path[PATH_MAX];

	assert_int_equal(str_format(path, sizeof(path), "objects/%s", name), 0);
	state_write(directory, path, size);
}

static void directories_are_for_their_owner_alone(void **state)
{
	char path[PATH_MAX];
	struct stat status;

	assert_int_equal(store_prepare(*state), 0); /* again */
	assert_int_equal(str_format(path, sizeof(path), "%s/objects", (char *)*state), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	assert_true(state_has(*state, "units"));
}

static void directory_that_cannot_be_made_is_told(void **state)
{
	(void)state;
	assert_int_equal(store_prepare("/nonexistent/state"), -ENOENT);
	assert_int_equal(store_prepare("/dev/null"), -ENOTDIR);
}

static void digests_are_64_hexadecimal_digits(void **state)
{
	char longer[66];

	(void)state;
	assert_true(digest_is_valid(state_digest(10)));
	assert_false(digest_is_valid(""));
	assert_false(digest_is_valid("abc"));
	assert_false(digest_is_valid("../units/fw/1.json"));
	assert_false(digest_is_valid(
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
	assert_int_equal(str_format(longer, sizeof(longer), "%sa", state_digest(10)), 0);
	assert_false(digest_is_valid(longer));
}

static void staged_copy_gets_its_name_once(void **state)
{
	cleanup_close int fd = -1;

	write_object(*state, ".fw-3", 7);
	assert_int_equal(store_take(*state, "fw", 3, state_digest(1)), 0);
	assert_false(has_object(*state, ".fw-3"));
	assert_int_equal(store_size(*state, state_digest(1)), 7);
	assert_int_equal(store_open(*state, state_digest(1), &fd), 0);
	assert_true(fd >= 0);
	assert_int_equal(store_take(*state, "fw", 3, state_digest(1)), -ENOENT);
}

static void name_that_is_no_digest_leads_nowhere(void **state)
{
	int fd = -1;

	write_object(*state, ".fw-3", 7);
	assert_int_equal(store_take(*state, "fw", 3, "../x"), -EINVAL);
	assert_int_equal(store_open(*state, "../objects/.fw-3", &fd), -EINVAL);
	assert_int_equal(store_size(*state, ".fw-3"), 0);
	assert_int_equal(fd, -1);
}

static void link_is_not_followed(void **state)
{
	char path[PATH_MAX];
	int fd = -1;

	assert_int_equal(
		str_format(path, sizeof(path), "%s/objects/%s", (char *)*state, state_digest(1)),
		0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(store_open(*state, state_digest(1), &fd), -ELOOP);
}

static void staged_copies_are_dropped_one_by_one_and_all_at_start(void **state)
{
	write_object(*state, ".fw-3", 1);
	write_object(*state, ".fw-4", 1);
	write_object(*state, state_digest(1), 1);
	store_drop_staged(*state, "fw", 3);
	assert_false(has_object(*state, ".fw-3"));
	assert_true(has_object(*state, ".fw-4"));
	store_sweep_staged(*state);
	assert_false(has_object(*state, ".fw-4"));
	assert_true(has_object(*state, state_digest(1)));
}

static bool is_one(const char *digest, const void *data)
{
	return strcmp(digest, data) == 0;
}

static void unnamed_objects_go_and_strangers_stay(void **state)
{
	write_object(*state, state_digest(1), 1);
	write_object(*state, state_digest(2), 1);
	write_object(*state, ".fw-9", 1);
	write_object(*state, "README", 1);
	store_keep_only(*state, is_one, state_digest(1));
	assert_true(has_object(*state, state_digest(1)));
	assert_false(has_object(*state, state_digest(2)));
	assert_true(has_object(*state, ".fw-9"));
	assert_true(has_object(*state, "README"));
}

#define test(function) cmocka_unit_test_setup_teardown(function, prepare, state_remove)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		test(directories_are_for_their_owner_alone),
		cmocka_unit_test(directory_that_cannot_be_made_is_told),
		cmocka_unit_test(digests_are_64_hexadecimal_digits),
		test(staged_copy_gets_its_name_once),
		test(name_that_is_no_digest_leads_nowhere),
		test(link_is_not_followed),
		test(staged_copies_are_dropped_one_by_one_and_all_at_start),
		test(unnamed_objects_go_and_strangers_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
