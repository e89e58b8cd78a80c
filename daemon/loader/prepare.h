/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One generation, from object file to a complete directory gen-N in bpffs. */
#pragma once

#include "daemon/loader/loading.h"

/*
 * Does the work of the request: open, compare, load with kept maps reused, pin everything under
 * gen-N, and on the first load of a unit attach its hooks. A plan ends after the load. Whatever was
 * made is removed again on failure. `loading` gets what the report is made of, also on failure;
 * free with loading_deinit().
 */
int prepare(const struct request *request, struct loading *loading, struct failure *reterr_failure);

void loading_deinit(struct loading *loading);
