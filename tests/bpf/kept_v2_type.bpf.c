// SPDX-License-Identifier: GPL-2.0-or-later
/* The kept map is of another type. */
#define FLOWS_TYPE BPF_MAP_TYPE_LRU_HASH
#include "tests/bpf/kept.h"
