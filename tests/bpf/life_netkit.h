/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program for each end of a netkit pair. The files beside it set VERSION. */
#pragma once

#include "tests/bpf/frame_type.h"
#include "tests/bpf/life.h"

#define VERDICT_NEXT (-1) /* NETKIT_NEXT of Linux 6.7 */

/* Frames of the test's own type. */
static __always_inline void note_frame(const struct __sk_buff *ctx, __u32 place, __u16 ebpfd_hook)
{
	if (ctx->protocol == __builtin_bswap16(FRAME_TYPE))
		note_run(place, ebpfd_hook);
}

SEC("netkit/primary")
int EBPFD_PROG(on_primary, struct __sk_buff *ctx)
{
	note_frame(ctx, 0, ebpfd_hook);
	return VERDICT_NEXT;
}

SEC("netkit/peer")
int EBPFD_PROG(on_peer, struct __sk_buff *ctx)
{
	note_frame(ctx, 1, ebpfd_hook);
	return VERDICT_NEXT;
}
