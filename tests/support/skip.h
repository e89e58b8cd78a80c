/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A skip that says why; tests/run counts one without a reason as failed. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Skips the test for want of a kernel feature, such as "tcx links" or "BPF ring buffers". */
#define skip_without(feature)                                              \
	do {                                                               \
		print_message("# skip: this kernel has no %s\n", feature); \
		skip();                                                    \
	} while (0)
