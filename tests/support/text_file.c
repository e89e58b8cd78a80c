/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/text_file.h"

#include "lib/file.h"
#include "lib/str.h"
#include "tests/unit/expect.h"

void text_file_write(const char *path, const char *text)
{
	assert_int_equal(file_replace(path, text, strlen(text)), 0);
}

void text_file_write_in(const char *folder, const char *name, const char *text, char *ret_path,
			size_t size)
{
	assert_int_equal(str_format(ret_path, size, "%s/%s", folder, name), 0);
	text_file_write(ret_path, text);
}
