// SPDX-License-Identifier: GPL-2.0-or-later
#define VERSION 2
#define SECTION "cgroup_skb/egress"
#define NEUTRAL 1
#include "tests/bpf/kind.h"
