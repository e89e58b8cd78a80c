// SPDX-License-Identifier: GPL-2.0-or-later
/* The kept map has room for more. */
#define FLOWS_ENTRIES 2048
#include "tests/bpf/kept.h"
