/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small files that a test writes. Errors end the test. */
#pragma once

#include <stddef.h>

/* Made anew, or in place of what was there. */
void text_file_write(const char *path, const char *text);

/* The same of FOLDER/NAME, whose path is written to ret_path, of that size. */
void text_file_write_in(const char *folder, const char *name, const char *text, char *ret_path,
			size_t size);
