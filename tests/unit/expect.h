/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the unit tests assert again and again. Includes cmocka with what it needs. */
#pragma once

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/macro.h"
#include "lib/outcome.h"

#define expect_text_has(text, part)                                      \
	do {                                                             \
		if (!strstr(text, part))                                 \
			fail_msg("\"%s\" is not in \"%s\"", part, text); \
	} while (0)

#define expect_failure(failure, expected_outcome, part)                 \
	do {                                                            \
		assert_int_equal((failure)->outcome, expected_outcome); \
		expect_text_has((failure)->text, part);                 \
	} while (0)
