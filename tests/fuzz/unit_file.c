/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: any bytes as the text of a unit file. Beside what the sanitizers see, the contract
 * is held to: a refusal has a text that names the file, and is UTF-8, since the bus takes nothing
 * else; what is taken has what each unit needs.
 */
#include <string.h>

#include "config/unit_file.h"
#include "lib/utf8.h"
#include "tests/fuzz/fuzz.h"

#define FUZZ_PATH "/fuzz.conf"

static void check_taken(const struct unit_file *file, size_t size)
{
	fuzz_check(file->object && *file->object == '/');
	fuzz_check(file->hook_count > 0);
	fuzz_check(file->text_length == size && strlen(file->text) == size);
	for (size_t i = 0; i < file->hook_count; i++)
		fuzz_check(file->hooks[i].program && name_is_valid(file->hooks[i].name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_unit_file struct unit_file *file = NULL;
	struct failure failure;

	if (unit_file_parse("fuzz", FUZZ_PATH, (const char *)data, size, &file, &failure) == 0) {
		check_taken(file, size);
		return 0;
	}
	fuzz_check(!file && failure.outcome == OUTCOME_FAILED);
	fuzz_check(str_has_prefix(failure.text, FUZZ_PATH ":", NULL));
	fuzz_check(utf8_is_valid(failure.text, strlen(failure.text)));
	return 0;
}
