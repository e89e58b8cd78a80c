// SPDX-License-Identifier: GPL-2.0-or-later
#define VERSION 1
#define SECTION "fentry/__x64_sys_getpid"
#define NEUTRAL 0
#define HAS_TASK
#include "tests/bpf/kind.h"
