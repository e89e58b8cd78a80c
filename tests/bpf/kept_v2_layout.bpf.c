// SPDX-License-Identifier: GPL-2.0-or-later
/* The kept map's value is of the same size, but its fields have changed places. */
#define FLOWS_VALUE  \
	__u64 bytes; \
	__u64 packets
#include "tests/bpf/kept.h"
