/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/quiet.h"

#include <bpf/libbpf.h>
#include <stdlib.h>

void quiet_libbpf(void)
{
	if (!getenv("EBPFD_TEST_VERBOSE"))
		libbpf_set_print(NULL);
}
