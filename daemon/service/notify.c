/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/notify.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>

#include "lib/clock.h"

void notify_reloading(void)
{
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
			 clock_now_usec(CLOCK_MONOTONIC));
}

void notify_ready(const struct units *units)
{
	(void)sd_notifyf(0, "READY=1\nSTATUS=%zu units", units_count(units));
}
