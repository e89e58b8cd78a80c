/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/watchdog.h"

#include <stdint.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "daemon/service/manager.h"

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	uint64_t limit_usec;

	(void)usec;
	(void)data;
	if (sd_watchdog_enabled(/* unset_environment= */ 0, &limit_usec) <= 0)
		return sd_event_source_set_enabled(source, SD_EVENT_OFF);
	/* What finds no room would not be read now anyway. */
	(void)manager_tell("WATCHDOG=1", -1);
	return sd_event_source_set_time_relative(source, limit_usec / 2);
}

int watchdog_new(sd_event *event, sd_event_source **ret)
{
	uint64_t limit_usec;
	int err = sd_watchdog_enabled(/* unset_environment= */ 0, &limit_usec);

	*ret = NULL;
	if (err <= 0)
		return err;
	err = sd_event_add_time_relative(event, ret, CLOCK_MONOTONIC, 0, limit_usec / 8, on_timer,
					 NULL);
	if (err >= 0)
		err = sd_event_source_set_enabled(*ret, SD_EVENT_ON);
	return err;
}
