// SPDX-License-Identifier: GPL-2.0-or-later
/* The first version. */
#include "tests/bpf/kept.h"
