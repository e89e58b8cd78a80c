/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/expect.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_file_gives_an_empty_string),
		cmocka_unit_test(large_file_is_read_whole),
		cmocka_unit_test(reading_starts_at_the_position),
		cmocka_unit_test(one_byte_over_the_limit_is_too_large),
		cmocka_unit_test(bad_descriptor_is_passed_on),
		cmocka_unit_test(writing_goes_on_over_short_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
