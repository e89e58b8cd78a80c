/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All metrics of the figures, as text. docs/metrics.md lists them. */
#pragma once

#include "daemon/figures/figures.h"
#include "daemon/metrics/text.h"

/* For free(3), *ret_length bytes with no 0 behind them; NULL if memory is out. */
char *metrics_render(const struct figures *figures, enum metrics_format format, size_t *ret_length);
