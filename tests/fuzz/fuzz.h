/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fuzz targets share. A target is one function; libFuzzer calls it, and so does the replay. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says to the fuzzer that a contract is broken. */
static inline void fuzz_check(bool holds)
{
	if (!holds)
		abort();
}
