/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/ledger.h"

#include <stdlib.h>

struct ebpfd_ledger *ledger_make(uint32_t cpus)
{
	struct ebpfd_ledger *ledger = calloc(1, ebpfd_ledger_size(cpus));

	if (!ledger)
		return NULL;
	ledger->format = EBPFD_FORMAT;
	ledger->size = ebpfd_ledger_size(cpus);
	ledger->cpus = cpus;
	return ledger;
}
