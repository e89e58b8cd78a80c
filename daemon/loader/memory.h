/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much memory a generation takes in the kernel. */
#pragma once

#include "daemon/loader/loading.h"

/*
 * {"programs": bytes, "maps": bytes} of a loaded object, as fd_memory() tells it. Kept maps that
 * were taken over are left out: they take nothing more. A new reference, NULL if memory is out.
 */
json_t *memory_of(const struct loading *loading);

/*
 * All maps of the loaded object, kept ones too, against MapMemoryMax=. OUTCOME_REFUSED with what
 * each of them takes.
 */
int memory_check(const struct loading *loading, struct failure *reterr_failure);
