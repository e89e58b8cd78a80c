/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/service/manager.h"
#include "daemon/service/status_text.h"
#include "lib/clock.h"
#include "lib/macro.h"
#include "lib/str.h"

#define ACCURACY_USEC 10000

struct notify {
	const struct units *units;
	struct status_last last;
	sd_event_source *timer; /* NULL: nobody listens */
	bool ready;		/* READY=1 is still to be told */
	uint64_t due_usec;	/* CLOCK_MONOTONIC: nothing is told before */
	char told[STATUS_TEXT_MAX];
};

static void arm(struct notify *notify)
{
	(void)sd_event_source_set_time(notify->timer,
				       MAX(notify->due_usec, clock_now_usec(CLOCK_MONOTONIC)));
	(void)sd_event_source_set_enabled(notify->timer, SD_EVENT_ONESHOT);
}

/* What has changed since it was told. What found no room is told again, as it is by then. */
static void tell(struct notify *notify)
{
	char status[STATUS_TEXT_MAX], text[sizeof("READY=1\nSTATUS=") + STATUS_TEXT_MAX];
	bool found_no_room;

	status_text_make(notify->units, &notify->last, status);
	if (!notify->ready && strcmp(status, notify->told) == 0)
		return;
	(void)str_format(text, sizeof(text), "%sSTATUS=%s", notify->ready ? "READY=1\n" : "",
			 status);
	found_no_room = manager_tell(text, -1) == -EAGAIN;
	notify->due_usec = clock_now_usec(CLOCK_MONOTONIC) +
			   (found_no_room ? NOTIFY_AGAIN_USEC : NOTIFY_PAUSE_USEC);
	if (found_no_room) {
		arm(notify);
		return;
	}
	notify->ready = false;
	memcpy(notify->told, status, sizeof(status));
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	(void)source;
	(void)usec;
	tell(data);
	return 0;
}

void notify_changed(struct notify *notify)
{
	int enabled = SD_EVENT_OFF;

	if (notify->timer && sd_event_source_get_enabled(notify->timer, &enabled) >= 0 &&
	    enabled == SD_EVENT_OFF)
		arm(notify);
}

void notify_operation_ended(struct notify *notify, const struct operation_end *end)
{
	status_last_set(&notify->last, end);
	notify_changed(notify);
}

void notify_reloading(void)
{
	char text[64];

	(void)str_format(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
			 clock_now_usec(CLOCK_MONOTONIC));
	/* If it is lost, the READY=1 that follows is no less true. */
	(void)manager_tell(text, -1);
}

void notify_ready(struct notify *notify)
{
	if (!notify->timer)
		return;
	notify->ready = true;
	tell(notify);
}

void notify_stopping(struct notify *notify)
{
	notify->timer = sd_event_source_disable_unref(notify->timer);
	/* If it is lost, the end of the process tells as much. */
	(void)manager_tell("STOPPING=1\nSTATUS=stopping; what is attached stays attached", -1);
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
					ACCURACY_USEC, on_timer, notify);
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
