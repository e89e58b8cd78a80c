// SPDX-License-Identifier: GPL-2.0-or-later
/* The kept map's value is larger, and its fields have changed places. */
#define FLOWS_VALUE    \
	__u64 bytes;   \
	__u64 packets; \
	__u64 last
#include "tests/bpf/kept.h"
