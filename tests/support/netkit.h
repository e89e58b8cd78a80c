/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pairs of netkit devices in this network namespace, for kernels that have them. */
#pragma once

#define NETKIT_PRIMARY "kit0"
#define NETKIT_PEER    "kit1"

/* Makes the pair, both ends up, with no address and no traffic of their own. 0 or -EIO. */
int netkit_make(void);

/* Removes both ends, if they are there. */
void netkit_remove(void);
