/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program for each end of a netkit pair. The files beside it set VERSION. */
#pragma once

#include "tests/bpf/life_frame.h"

#define VERDICT_NEXT (-1) /* NETKIT_NEXT of Linux 6.7 */

LIFE_FRAME_PROGRAM(on_primary, "netkit/primary", 0, VERDICT_NEXT)
LIFE_FRAME_PROGRAM(on_peer, "netkit/peer", 1, VERDICT_NEXT)
