/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The section [Metric NAME] for the table of sections. */
#pragma once

#include "config/schema.h"

struct unit_file;

#define UNIT_METRIC_KEYS 11
extern const struct schema_key unit_metric_keys[UNIT_METRIC_KEYS];

int unit_metric_begin(void *file, const char *name, unsigned line, struct config_errors *errors,
		      void **ret_target);

/* What only the whole section shows. */
void unit_metrics_check(const struct unit_file *file, struct config_errors *errors);
