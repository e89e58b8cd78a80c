// SPDX-License-Identifier: GPL-2.0-or-later
#define VERSION 1
#define SECTION "tc"
#define NEUTRAL -1
#include "tests/bpf/kind.h"
