// SPDX-License-Identifier: GPL-2.0-or-later
/* The kept map takes memory for its entries as they come. */
#define FLOWS_FLAGS BPF_F_NO_PREALLOC
#include "tests/bpf/kept.h"
