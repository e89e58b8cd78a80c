/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded programs against their hooks: what the kernel looks at when it attaches a program by
 * itself, but not, or too late, when the program comes behind an entry or into a link in place.
 */
#pragma once

#include "daemon/loader/loading.h"

/*
 * Refuses a program that reads more of its context than its hook hands over, and one that keeps
 * data per cgroup in a map of the kernel's own making (BPF_MAP_TYPE_CGROUP_STORAGE and its per-CPU
 * sister) where it would be behind an entry, or follow in its link one with another such map.
 * Attaches none of the generation's programs, so that a plan may ask as well.
 */
int hooks_fit(const struct loading *loading, struct failure *reterr_failure);
