/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Families whose value is a field of the figures: a row each, in a table for each sort of thing. */
#pragma once

#include "daemon/figures/figures.h"
#include "daemon/metrics/text.h"

/* All of them, family by family. */
void metrics_put_daemon(struct metrics_text *text, const struct figures *figures);
void metrics_put_units(struct metrics_text *text, const struct figures *figures);
void metrics_put_hooks(struct metrics_text *text, const struct figures *figures);
void metrics_put_programs(struct metrics_text *text, const struct figures *figures);
void metrics_put_rings(struct metrics_text *text, const struct figures *figures);
