// SPDX-License-Identifier: GPL-2.0-or-later
/* The same with numbered records, for kernels from 5.12. */
#define EBPFD_NUMBERS
#include "tests/bpf/authors.bpf.c"
