/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/units_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <time.h>

#include "daemon/service/asker.h"
#include "daemon/service/daemon_reload.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#define QUIET_USEC 500000

#define CHANGES (IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)
#define GONE	(IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)

struct units_watch {
	struct daemon_reload *reload;
	sd_event_source *changes;
	sd_event_source *quiet; /* off until something changes */
};

static int became_quiet(sd_event_source *source, uint64_t usec, void *data)
{
	struct units_watch *watch = data;

	(void)source;
	(void)usec;
	log_info("unit files have changed (WatchUnits=)");
	daemon_reload_unasked(watch->reload, ASKER_WATCH);
	return 0;
}

/* Whatever it was: the files are compared with what is in force. */
static int has_changed(sd_event_source *source, const struct inotify_event *change, void *data)
{
	struct units_watch *watch = data;

	(void)source;
	if (change->mask & GONE)
		log_warning("the folder of unit files was removed or moved: it is not watched any "
			    "more, until ebpfd starts again (WatchUnits=)");
	if (!(change->mask & (CHANGES | IN_Q_OVERFLOW)))
		return 0;
	(void)sd_event_source_set_time_relative(watch->quiet, QUIET_USEC);
	return sd_event_source_set_enabled(watch->quiet, SD_EVENT_ONESHOT);
}

static void free_watch(struct units_watch **watch)
{
	units_watch_free(*watch);
}

int units_watch_new(sd_event *event, const char *directory, struct daemon_reload *reload,
		    struct units_watch **ret)
{
	CLEANUP(free_watch) struct units_watch *watch = calloc(1, sizeof(*watch));
	int err;

	if (!watch)
		return -ENOMEM;
	watch->reload = reload;
	err = sd_event_add_time_relative(event, &watch->quiet, CLOCK_MONOTONIC, QUIET_USEC, 0,
					 became_quiet, watch);
	if (err >= 0)
		err = sd_event_source_set_enabled(watch->quiet, SD_EVENT_OFF);
	if (err >= 0)
		err = sd_event_add_inotify(event, &watch->changes, directory,
					   CHANGES | GONE | IN_ONLYDIR, has_changed, watch);
	if (err < 0)
		return err;
	*ret = TAKE_PTR(watch);
	return 0;
}

struct units_watch *units_watch_free(struct units_watch *watch)
{
	if (!watch)
		return NULL;
	sd_event_source_disable_unref(watch->changes);
	sd_event_source_disable_unref(watch->quiet);
	free(watch);
	return NULL;
}
