/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generations of the history, as the input of an operation. */
#pragma once

#include "daemon/unit/operation.h"

/*
 * Gives the operation the unit file of that generation, and the stored object with the digest that
 * it has to have; or with `own_object`, the object that the unit file names. OUTCOME_REFUSED where
 * the history has no such generation, or the store not its object.
 */
int recall_generation(const struct context *context, const char *unit, uint32_t generation,
		      bool own_object, struct operation *operation, struct failure *reterr_failure);
