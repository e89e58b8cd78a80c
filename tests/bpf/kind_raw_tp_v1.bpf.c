// SPDX-License-Identifier: GPL-2.0-or-later
#define VERSION 1
#define SECTION "raw_tp/sys_enter"
#define NEUTRAL 0
#define HAS_TASK
#define SYSCALL
#include "tests/bpf/kind.h"
