/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a service manager is told, see sd_notify(3). Without one, nothing happens. */
#pragma once

#include "daemon/unit/unit.h"

/* RELOADING=1. A notify_ready() follows, whatever happens. */
void notify_reloading(void);

void notify_ready(const struct units *units);
