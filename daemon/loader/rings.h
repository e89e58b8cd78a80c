/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The maps of [Events] sections: a ring buffer, or with Rings=cpu an array with one per CPU. */
#pragma once

#include "daemon/loader/loading.h"

/*
 * Before load. Checks that each section's map is there and is what Rings= says, that the object's
 * BTF has the structs of Record=, and makes arrays of rings as long as there are possible CPUs.
 */
int rings_check(struct loading *loading, struct failure *reterr_failure);

/*
 * Before load. A ring belongs to a bank: where the generation that was there had the same one, it
 * goes on with it if the request says so, and nobody waits for the kernel to make one.
 */
int rings_take_over(struct loading *loading, struct failure *reterr_failure);

/* After load. Puts a ring of its own into the array for each possible CPU, where it is a new one.
 */
int rings_fill(struct loading *loading, struct failure *reterr_failure);
