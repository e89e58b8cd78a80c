/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon/service/status_text.h"
#include "lib/clock.h"
#include "lib/macro.h"

#define ACCURACY_USEC 10000

struct notify {
	const struct units *units;
	struct status_last last;
	sd_event_source *timer; /* NULL: nobody listens */
	uint64_t told_usec;	/* CLOCK_MONOTONIC */
	char told[STATUS_TEXT_MAX];
};

/* Whether it differs from what was told last. */
static bool make_status(struct notify *notify)
{
	char text[STATUS_TEXT_MAX];

	status_text_make(notify->units, &notify->last, text);
	if (strcmp(text, notify->told) == 0)
		return false;
	memcpy(notify->told, text, sizeof(text));
	return true;
}

static int tell_status(sd_event_source *source, uint64_t usec, void *data)
{
	struct notify *notify = data;

	(void)source;
	(void)usec;
	if (make_status(notify)) {
		notify->told_usec = clock_now_usec(CLOCK_MONOTONIC);
		(void)sd_notifyf(0, "STATUS=%s", notify->told);
	}
	return 0;
}

void notify_changed(struct notify *notify)
{
	uint64_t due = notify->told_usec + NOTIFY_PAUSE_USEC;
	int enabled = SD_EVENT_OFF;

	if (!notify->timer || sd_event_source_get_enabled(notify->timer, &enabled) < 0 ||
	    enabled != SD_EVENT_OFF)
		return;
	(void)sd_event_source_set_time(notify->timer, MAX(due, clock_now_usec(CLOCK_MONOTONIC)));
	(void)sd_event_source_set_enabled(notify->timer, SD_EVENT_ONESHOT);
}

void notify_operation_ended(struct notify *notify, const struct operation_end *end)
{
	status_last_set(&notify->last, end);
	notify_changed(notify);
}

void notify_reloading(void)
{
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
			 clock_now_usec(CLOCK_MONOTONIC));
}

void notify_ready(struct notify *notify)
{
	(void)make_status(notify);
	(void)sd_notifyf(0, "READY=1\nSTATUS=%s", notify->told);
}

void notify_stopping(struct notify *notify)
{
	notify->timer = sd_event_source_disable_unref(notify->timer);
	(void)sd_notify(0, "STOPPING=1\nSTATUS=stopping; what is attached stays attached");
}

int notify_new(const struct units *units, struct notify **ret)
{
	struct notify *notify = calloc(1, sizeof(*notify));
	int err = 0;

	if (!notify)
		return -ENOMEM;
	notify->units = units;
	if (getenv("NOTIFY_SOCKET"))
		err = sd_event_add_time(units->context->event, &notify->timer, CLOCK_MONOTONIC, 0,
					ACCURACY_USEC, tell_status, notify);
	if (err >= 0)
		err = sd_event_source_set_enabled(notify->timer, SD_EVENT_OFF);
	if (err < 0) {
		free(notify);
		return err;
	}
	*ret = notify;
	return 0;
}

struct notify *notify_free(struct notify *notify)
{
	if (!notify)
		return NULL;
	sd_event_source_disable_unref(notify->timer);
	free(notify);
	return NULL;
}
