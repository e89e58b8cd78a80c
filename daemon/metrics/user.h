/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metrics that unit files make of maps: ebpfd_user_NAME, and what is told of them. */
#pragma once

#include "daemon/figures/figures.h"
#include "daemon/metrics/text.h"

void metrics_put_user(struct metrics_text *text, const struct figures *figures);
