/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One generation, from object file to a complete directory gen-N in bpffs. */
#pragma once

#include "daemon/loader/loading.h"

/* For one request (borrowed). NULL: no memory. */
struct loading *loading_new(const struct request *request);

/*
 * Does the work of the request: open, compare, load with kept maps reused, pin everything under
 * gen-N, and on the first load of a unit attach its hooks. A plan ends after the load. Whatever was
 * made is removed again on failure. `loading` gets what the report is made of, also on failure.
 */
int prepare(struct loading *loading, struct failure *reterr_failure);

/* Accepts NULL; returns NULL. */
struct loading *loading_free(struct loading *loading);
