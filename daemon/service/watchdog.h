/* SPDX-License-Identifier: GPL-2.0-or-later */
/* WatchdogSec= of systemd.service(5): the loop tells the service manager that it turns. */
#pragma once

#include <systemd/sd-event.h>

/*
 * Tells it twice in the time that the manager gives, if it wants to hear of this process
 * (sd_watchdog_enabled(3)); otherwise *ret is NULL. Not by sd_event_set_watchdog(), which waits for
 * a manager that hangs, see manager.h. The source is the caller's. Negative errno.
 */
int watchdog_new(sd_event *event, sd_event_source **ret);
