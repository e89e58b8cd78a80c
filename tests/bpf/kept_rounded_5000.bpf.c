// SPDX-License-Identifier: GPL-2.0-or-later
#define RING_SIZE 5000
#include "tests/bpf/kept_rounded.h"
