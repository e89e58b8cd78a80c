// SPDX-License-Identifier: GPL-2.0-or-later
/* The kept map's key is of another size. */
#define FLOWS_KEY __u64
#include "tests/bpf/kept.h"
