/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A state directory that lives for a test. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* For cmocka's setup and teardown: *state becomes the path. */
int state_make(void **state);
int state_remove(void **state);

/* Digest number `i`: 64 times the same hexadecimal digit. A static buffer for each digit. */
const char *state_digest(unsigned i);

/* Writes `size` bytes as a file below the directory, and says whether there is one. */
void state_write(const char *directory, const char *name, size_t size);
bool state_has(const char *directory, const char *name);
