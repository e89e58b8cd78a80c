/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan: what a load or reload would do, after a real verifier load; nothing is attached or
 * pinned. */
#include "daemon/unit/operations.h"
#include "daemon/unit/prepare.h"

static const struct operation_step steps[] = {
	{.phase = "prepare", .run = prepare_generation},
};

const struct operation_kind operation_plan = {.name = "plan",
					      .points = "plan",
					      .steps = steps,
					      .step_count = ARRAY_SIZE(steps),
					      .changes_nothing = true};
