/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A filter of packet sockets, which lets nothing pass. The files beside it set VERSION. */
#pragma once

#include "tests/bpf/life_frame.h"

LIFE_FRAME_PROGRAM(on_packet, "socket", 0, 0)
