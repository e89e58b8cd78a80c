/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures as JSON, for the method Figures: docs/figures.md has the shape. */
#pragma once

#include "daemon/figures/figures.h"

/* For free(3); NULL if memory is out. */
char *figures_to_json(const struct figures *figures);
