// SPDX-License-Identifier: GPL-2.0-or-later
/* Takes packets of several buffers, too. */
#define VERSION 2
#define SECTION "xdp.frags"
#define NEUTRAL XDP_PASS
#include "tests/bpf/kind.h"
