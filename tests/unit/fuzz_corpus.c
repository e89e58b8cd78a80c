/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replays the corpora of the fuzz targets, so that what was found once stays found. */
#include "tests/unit/expect.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/file.h"

int fuzz_unit_file(const uint8_t *data, size_t size);
int fuzz_decode(const uint8_t *data, size_t size);
int fuzz_stream(const uint8_t *data, size_t size);

/* NOLINTBEGIN(bugprone-suspicious-include): each target is a program of its own. */
#define LLVMFuzzerTestOneInput fuzz_unit_file
#include "tests/fuzz/unit_file.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_decode
#include "tests/fuzz/decode.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_stream
#include "tests/fuzz/stream.c"
#undef LLVMFuzzerTestOneInput
/* NOLINTEND(bugprone-suspicious-include) */

typedef int target_fn(const uint8_t *data, size_t size);

static void close_folder(DIR **folder)
{
	if (*folder)
		closedir(*folder);
}

static void replay(int folder, const char *name, target_fn *target)
{
	cleanup_close int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	cleanup_free char *data = NULL;
	size_t length;

	assert_true(fd >= 0);
	assert_int_equal(file_read_all(fd, 1 << 20, &data, &length), 0);
	assert_int_equal(target((const uint8_t *)data, length), 0);
}

static void replay_all(const char *path, target_fn *target)
{
	CLEANUP(close_folder) DIR *folder = opendir(path);
	struct dirent *entry;
	unsigned replayed = 0;

	assert_non_null(folder);
	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.') {
			replay(dirfd(folder), entry->d_name, target);
			replayed++;
		}
	assert_true(replayed > 0);
}

static void corpus_of_unit_files_holds(void **state)
{
	(void)state;
	replay_all("tests/fuzz/corpus/unit_file", fuzz_unit_file);
}

static void corpus_of_decode_holds(void **state)
{
	(void)state;
	replay_all("tests/fuzz/corpus/decode", fuzz_decode);
}

static void corpus_of_stream_holds(void **state)
{
	(void)state;
	replay_all("tests/fuzz/corpus/stream", fuzz_stream);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(corpus_of_unit_files_holds),
		cmocka_unit_test(corpus_of_decode_holds),
		cmocka_unit_test(corpus_of_stream_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
