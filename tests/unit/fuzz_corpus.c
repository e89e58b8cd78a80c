/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replays the corpora of the fuzz targets, so that what was found once stays found. */
#include "tests/unit/expect.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/file.h"
#include "tests/fuzz/unit_file.c" /* NOLINT(bugprone-suspicious-include): one of a program */

#define UNIT_FILES "tests/fuzz/corpus/unit_file"

static void close_folder(DIR **folder)
{
	if (*folder)
		closedir(*folder);
}

static void replay(int folder, const char *name)
{
	cleanup_close int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	cleanup_free char *data = NULL;
	size_t length;

	assert_true(fd >= 0);
	assert_int_equal(file_read_all(fd, 1 << 20, &data, &length), 0);
	assert_int_equal(LLVMFuzzerTestOneInput((const uint8_t *)data, length), 0);
}

static void corpus_of_unit_files_holds(void **state)
{
	CLEANUP(close_folder) DIR *folder = opendir(UNIT_FILES);
	struct dirent *entry;
	unsigned replayed = 0;

	(void)state;
	assert_non_null(folder);
	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.') {
			replay(dirfd(folder), entry->d_name);
			replayed++;
		}
	assert_true(replayed > 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(corpus_of_unit_files_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
