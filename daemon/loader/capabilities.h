/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this process lacks for loading programs of any type (capabilities(7)). */
#pragma once

/*
 * A list such as "CAP_BPF, CAP_PERFMON"; "" if nothing is missing, or CAP_SYS_ADMIN stands for all.
 * Static memory.
 */
const char *capabilities_missing(void);
