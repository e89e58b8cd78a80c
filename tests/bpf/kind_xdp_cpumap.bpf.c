// SPDX-License-Identifier: GPL-2.0-or-later
/* Of the same type, but for packets that a cpumap hands on. */
#define VERSION 2
#define SECTION "xdp/cpumap"
#define NEUTRAL XDP_PASS
#include "tests/bpf/kind.h"
