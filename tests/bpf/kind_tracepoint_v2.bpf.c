// SPDX-License-Identifier: GPL-2.0-or-later
#define VERSION 2
#define SECTION "tracepoint/syscalls/sys_enter_getpid"
#define NEUTRAL 0
#define HAS_TASK
#include "tests/bpf/kind.h"
