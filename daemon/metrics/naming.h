/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that the host has for numbers: of cgroups, interfaces and system calls. */
#pragma once

#include <stdint.h>

#include "config/unit_metric.h"

/* Of one answer; what is looked up at length is looked up once. All zeros to begin with. */
struct naming {
	struct cgroup_name *cgroups; /* by id */
	size_t cgroup_count;
	bool has_cgroups;
};

/* Room for the path of a cgroup. */
#define NAMING_ROOM 1024

/* Idempotent. */
void naming_deinit(struct naming *naming);

/* Writes the name, valid UTF-8, or the number itself where the host has none. */
void naming_write(struct naming *naming, enum metric_naming kind, uint64_t number,
		  char text[NAMING_ROOM]);
