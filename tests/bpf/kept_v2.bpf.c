// SPDX-License-Identifier: GPL-2.0-or-later
/* The second version, whose kept map is as it was. */
#include "tests/bpf/kept.h"
