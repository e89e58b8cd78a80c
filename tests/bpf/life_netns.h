/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program for each sort of hook that a network namespace has. The files beside it set VERSION. */
#pragma once

#include "tests/bpf/frame_type.h"
#include "tests/bpf/life.h"

LIFE_PROGRAM(on_sk_lookup, "sk_lookup", 0, SK_PASS)

/* Frames of the test's own type. Dissected is what it finds without looking: nothing. */
SEC("flow_dissector")
int EBPFD_PROG(on_flow_dissector, struct __sk_buff *ctx)
{
	if (ctx->flow_keys->n_proto == __builtin_bswap16(FRAME_TYPE))
		note_run(1, ebpfd_hook);
	return BPF_OK;
}
