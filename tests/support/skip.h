/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A skip that says why; tests/run counts one without a reason as failed. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/kernel/feature.h"

/* Skips the test for want of a kernel feature, such as "tcx links" or "BPF ring buffers". */
#define skip_without(feature)                                              \
	do {                                                               \
		print_message("# skip: this kernel has no %s\n", feature); \
		skip();                                                    \
	} while (0)

/* Skips it if a probe does not find the feature. */
#define skip_unless(feature)                                      \
	do {                                                      \
		if (!feature_probe(feature))                      \
			skip_without(feature_rows[feature].name); \
	} while (0)
