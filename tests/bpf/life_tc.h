/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program for each direction of traffic control. The files beside it set VERSION. */
#pragma once

#include <linux/pkt_cls.h>

#include "tests/bpf/life_frame.h"

LIFE_FRAME_PROGRAM(on_egress, "tc", 0, TC_ACT_UNSPEC)
LIFE_FRAME_PROGRAM(on_ingress, "tc", 1, TC_ACT_UNSPEC)
