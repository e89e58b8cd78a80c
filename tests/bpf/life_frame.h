/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that note the frames of the test's own type, as life.h has it for all runs. */
#pragma once

#include "tests/bpf/frame_type.h"
#include "tests/bpf/life.h"

#define LIFE_FRAME_PROGRAM(name, section, place, verdict)           \
	SEC(section)                                                \
	int EBPFD_PROG(name, struct __sk_buff *ctx)                 \
	{                                                           \
		if (ctx->protocol == __builtin_bswap16(FRAME_TYPE)) \
			note_run(place, ebpfd_hook);                \
		return verdict;                                     \
	}
