// SPDX-License-Identifier: GPL-2.0-or-later
#define VERSION 1
#define SECTION "xdp"
#define NEUTRAL XDP_PASS
#include "tests/bpf/kind.h"
