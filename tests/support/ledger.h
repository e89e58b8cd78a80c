/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ledger in plain memory, as the loader makes it in a map. */
#pragma once

#include <stdint.h>

#include "daemon/events/ledger.h"

/* Its head is written, the rest is zeroed. NULL without memory; free() what it returns. */
struct ebpfd_ledger *ledger_make(uint32_t cpus);
