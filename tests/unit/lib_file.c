/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/expect.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/file.h"

static int memory_file(const void *data, size_t length)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, length), length);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void empty_file_gives_an_empty_string(void **state)
{
	cleanup_close int fd = memory_file("", 0);
	cleanup_free char *data = NULL;
	size_t length = 7;

	(void)state;
	assert_int_equal(file_read_all(fd, 10, &data, &length), 0);
	assert_int_equal(length, 0);
	assert_string_equal(data, "");
}

static void large_file_is_read_whole(void **state)
{
	static char written[100000];
	cleanup_close int fd = -1;
	cleanup_free char *data = NULL;
	size_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(written); i++)
		written[i] = (char)(i * 31);
	fd = memory_file(written, sizeof(written));
	assert_int_equal(file_read_all(fd, sizeof(written), &data, &length), 0);
	assert_int_equal(length, sizeof(written));
	assert_memory_equal(data, written, length);
	assert_int_equal(data[length], '\0');
}

static void reading_starts_at_the_position(void **state)
{
	cleanup_close int fd = memory_file("abcdef", 6);
	cleanup_free char *data = NULL;
	size_t length;

	(void)state;
	assert_int_equal(lseek(fd, 4, SEEK_SET), 4);
	assert_int_equal(file_read_all(fd, 10, &data, &length), 0);
	assert_string_equal(data, "ef");
}

static void one_byte_over_the_limit_is_too_large(void **state)
{
	cleanup_close int fd = memory_file("abcdef", 6);
	char *data = NULL;
	size_t length = 7;

	(void)state;
	assert_int_equal(file_read_all(fd, 5, &data, &length), -EFBIG);
	assert_null(data);
	assert_int_equal(length, 7);
}

static void bad_descriptor_is_passed_on(void **state)
{
	char *data = NULL;
	size_t length;

	(void)state;
	assert_int_equal(file_read_all(-1, 5, &data, &length), -EBADF);
	assert_int_equal(file_write_all(-1, "x", 1), -EBADF);
}

static void *drain(void *userdata)
{
	static char data[1 << 20];
	int fd = *(int *)userdata;
	size_t total = 0;
	ssize_t got;

	while ((got = read(fd, data, sizeof(data))) > 0)
		total += got;
	return (void *)total;
}

/* A pipe takes 64 KiB at a time, so that one call is not enough. */
/* By a name that the process's own descriptor has. */
static int read_number(const char *text, uint64_t *ret)
{
	cleanup_close int fd = memory_file(text, strlen(text));
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return file_read_number(path, ret);
}

static void number_may_end_its_line(void **state)
{
	uint64_t number = 0;

	(void)state;
	assert_int_equal(read_number("42\n", &number), 0);
	assert_int_equal(number, 42);
	assert_int_equal(read_number("7", &number), 0);
	assert_int_equal(number, 7);
	assert_int_equal(read_number("", &number), -EINVAL);
	assert_int_equal(read_number("42 apples\n", &number), -EINVAL);
	assert_int_equal(file_read_number("/none/such", &number), -ENOENT);
}

static void writing_goes_on_over_short_writes(void **state)
{
	static const char data[300000];
	pthread_t reader;
	int ends[2];
	void *total;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pthread_create(&reader, NULL, drain, &ends[0]), 0);
	assert_int_equal(file_write_all(ends[1], data, sizeof(data)), 0);
	close(ends[1]);
	pthread_join(reader, &total);
	close(ends[0]);
	assert_int_equal((size_t)total, sizeof(data));
}

/* ---- files that stay ---- */

static char folder[] = "/tmp/ebpfd-test-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[2][128];
	static int turn;

	turn = !turn;
	(void)snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
	return path[turn];
}

static int make_folder(void **state)
{
	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	return mkdtemp(strcpy(folder, "/tmp/ebpfd-test-XXXXXX")) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path_of("f"));
	return rmdir(folder); /* fails if anything else is left there */
}

static void expect_text(const char *path, const char *expected)
{
	FILE *file = fopen(path, "re");
	char text[64] = "";

	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_string_equal(text, expected);
}

/* Writing fails in the middle, as on a full disk. */
static void limit_file_size(rlim_t size)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void written_file_is_for_its_owner_alone(void **state)
{
	struct stat status;

	(void)state;
	assert_int_equal(file_write_durably(path_of("f"), "one", 3), 0);
	assert_int_equal(file_write_durably(path_of("f"), "two", 3), 0);
	expect_text(path_of("f"), "two");
	assert_int_equal(stat(path_of("f"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
}

static void file_that_cannot_be_written_whole_is_removed(void **state)
{
	(void)state;
	limit_file_size(2);
	assert_int_equal(file_write_durably(path_of("f"), "three", 5), -EFBIG);
	limit_file_size(RLIM_INFINITY);
	assert_int_equal(access(path_of("f"), F_OK), -1);
}

static void what_cannot_be_replaced_stays(void **state)
{
	(void)state;
	assert_int_equal(file_replace(path_of("f"), "old", 3), 0);
	limit_file_size(2);
	assert_int_equal(file_replace(path_of("f"), "three", 5), -EFBIG);
	limit_file_size(RLIM_INFINITY);
	expect_text(path_of("f"), "old");
	assert_int_equal(file_replace(path_of("f"), "new", 3), 0);
	expect_text(path_of("f"), "new");
}

static void renamed_file_takes_the_place_of_another(void **state)
{
	(void)state;
	assert_int_equal(file_replace(path_of("f"), "old", 3), 0);
	assert_int_equal(file_replace(path_of("g"), "new", 3), 0);
	assert_int_equal(file_rename_durably(path_of("g"), path_of("f")), 0);
	expect_text(path_of("f"), "new");
	assert_int_equal(file_rename_durably(path_of("g"), path_of("f")), -ENOENT);
}

static void folder_that_is_not_there_is_told(void **state)
{
	(void)state;
	assert_int_equal(file_replace("/nonexistent/f", "x", 1), -ENOENT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_file_gives_an_empty_string),
		cmocka_unit_test(large_file_is_read_whole),
		cmocka_unit_test(reading_starts_at_the_position),
		cmocka_unit_test(one_byte_over_the_limit_is_too_large),
		cmocka_unit_test(bad_descriptor_is_passed_on),
		cmocka_unit_test(number_may_end_its_line),
		cmocka_unit_test(writing_goes_on_over_short_writes),
		cmocka_unit_test_setup_teardown(written_file_is_for_its_owner_alone, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(file_that_cannot_be_written_whole_is_removed,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(what_cannot_be_replaced_stays, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(renamed_file_takes_the_place_of_another,
						make_folder, remove_folder),
		cmocka_unit_test(folder_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
