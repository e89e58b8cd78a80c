// SPDX-License-Identifier: GPL-2.0-or-later
#define VERSION 2
#define SECTION "socket"
#define NEUTRAL 0
#include "tests/bpf/kind.h"
