/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the kernel tells of what can be traced. */
#pragma once

/* The mount point of tracefs, without '/' at its end; NULL where it is not mounted. */
const char *tracefs_mount(void);
