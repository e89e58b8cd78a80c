// SPDX-License-Identifier: GPL-2.0-or-later
#define VERSION 1
#define SECTION "cgroup/connect4"
#define NEUTRAL 1
#define HAS_TASK
#include "tests/bpf/kind.h"
