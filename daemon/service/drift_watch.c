/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/drift_watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/service/journal_message.h"
#include "daemon/service/link_watch.h"
#include "daemon/service/notify.h"
#include "daemon/unit/heal.h"
#include "daemon/unit/operation.h"
#include "lib/cleanup.h"
#include "lib/clock.h"
#include "lib/log.h"

/* Changes of interfaces come in swarms: one look for each, but no more of them than that. */
#define SOON_USEC     20000
#define ACCURACY_USEC 10000

/* At one unit. The waiter has copies: what the loop has may change meanwhile. */
struct look {
	struct look *next;
	struct drift_watch *watch;
	char unit[UNIT_DIRECTORY_MAX];
	uint64_t operation_number; /* of the unit's last operation when the look began */
	struct manifest_hook *hooks;
	struct drift_reading *readings;
	size_t count;
};

struct drift_watch {
	struct units *units;
	struct notify *notify;
	struct link_watch *links;
	sd_event_source *timer;
	struct look *looks; /* under way */
	bool again;	    /* something happened meanwhile */
};

static uint64_t now_usec(void)
{
	return clock_now_usec(CLOCK_MONOTONIC);
}

static void log_drift(const struct drift_note *note, const char *unit, enum drift_change change,
		      const char *text)
{
	const struct journal_fields fields = {.unit = unit};

	(void)note;
	if (change == DRIFT_FOUND)
		journal_message(JOURNAL_MESSAGE_DRIFT_FOUND, LOG_WARNING, &fields, "%s", text);
	else
		journal_message(JOURNAL_MESSAGE_DRIFT_HEALED, LOG_NOTICE, &fields, "%s", text);
}

/* ---- when ---- */

static void look_at(struct drift_watch *watch, uint64_t usec)
{
	(void)sd_event_source_set_time(watch->timer, usec);
	(void)sd_event_source_set_enabled(watch->timer, SD_EVENT_ONESHOT);
}

static void look_soon(void *data)
{
	struct drift_watch *watch = data;

	if (watch->looks)
		watch->again = true;
	else
		look_at(watch, now_usec() + SOON_USEC);
}

static void look_again_later(struct drift_watch *watch)
{
	uint64_t next = now_usec() + watch->units->context->settings->drift_interval_usec;

	for (const struct unit *unit = watch->units->first; unit; unit = unit->next)
		if (!unit->operation)
			next = MIN(next, heal_due_usec(unit));
	look_at(watch, next);
}

static void all_looked_at(struct drift_watch *watch)
{
	bool again = watch->again;

	watch->again = false;
	notify_changed(watch->notify);
	if (again)
		look_soon(watch);
	else
		look_again_later(watch);
}

/* ---- attaching again ---- */

static void healed(void *data, json_t *receipt, const struct failure *failure)
{
	struct drift_watch *watch = data;
	json_t *note;
	size_t i;

	if (watch->units->stopping)
		return;
	if (!receipt)
		log_warning("%s", failure->text);
	json_array_foreach (json_object_get(receipt, "note"), i, note)
		log_warning("unit %s: %s", json_string_value(json_object_get(receipt, "unit")),
			    json_string_value(note));
	look_soon(watch);
}

static void heal_if_due(struct drift_watch *watch, struct unit *unit)
{
	const struct operation_client client = {.done = healed, .data = watch};
	struct failure failure;

	/* What is refused now, since a gc is under way, is due at the next look still. */
	if (heal_due_usec(unit) <= now_usec())
		(void)heal_start(unit, &client, &failure);
}

/* ---- one look ---- */

static void look_free(struct look *look)
{
	if (!look)
		return;
	free(look->hooks);
	free(look->readings);
	free(look);
}

static void forget_look(struct look *look)
{
	struct look **place = &look->watch->looks;

	while (*place != look)
		place = &(*place)->next;
	*place = look->next;
	look_free(look);
}

/* On the waiter. */
static int read_hooks(void *data)
{
	struct look *look = data;
	const struct unit_pins pins = {.root = look->watch->units->context->root,
				       .unit = look->unit};

	drift_read(&pins, look->hooks, look->count, look->readings);
	return 0;
}

/* The unit as it was when the look began, or NULL: what was read is of no use any more. */
static struct unit *unit_of(const struct look *look)
{
	struct unit *unit = units_find(look->watch->units, look->unit);

	if (!unit || unit->operation || unit->operation_number != look->operation_number)
		return NULL;
	return unit;
}

static void hooks_read(void *data, int result)
{
	struct look *look = data;
	struct drift_watch *watch = look->watch;
	struct unit *unit = unit_of(look);
	static const struct drift_note note = {.say = log_drift};

	(void)result;
	if (unit && drift_take(unit, look->readings, &note) == 0)
		heal_if_due(watch, unit);
	forget_look(look);
	if (!watch->looks)
		all_looked_at(watch);
}

static struct look *look_new(struct drift_watch *watch, const struct unit *unit)
{
	const struct manifest *manifest = unit->banks[unit_active(unit)].manifest;
	struct look *look = calloc(1, sizeof(*look));

	if (!look)
		return NULL;
	look->watch = watch;
	look->count = manifest->hook_count;
	look->operation_number = unit->operation_number;
	(void)snprintf(look->unit, sizeof(look->unit), "%s", unit->name);
	look->hooks = calloc(look->count, sizeof(*look->hooks));
	look->readings = calloc(look->count, sizeof(*look->readings));
	if (!look->hooks || !look->readings) {
		look_free(look);
		return NULL;
	}
	memcpy(look->hooks, manifest->hooks, look->count * sizeof(*look->hooks));
	return look;
}

static bool can_be_looked_at(const struct unit *unit)
{
	int active = unit_active(unit);

	return !unit->operation && !unit->read_only && active != BANK_NONE &&
	       unit->banks[active].manifest;
}

static void begin_look(struct drift_watch *watch, const struct unit *unit)
{
	struct look *look = look_new(watch, unit);

	if (!look)
		return;
	look->next = watch->looks;
	watch->looks = look;
	if (waiter_submit(watch->units->context->waiter, read_hooks, hooks_read, look) < 0)
		forget_look(look);
}

static int look_at_all(sd_event_source *source, uint64_t usec, void *data)
{
	struct drift_watch *watch = data;

	(void)source;
	(void)usec;
	for (const struct unit *unit = watch->units->first; unit; unit = unit->next)
		if (can_be_looked_at(unit))
			begin_look(watch, unit);
	if (!watch->looks)
		look_again_later(watch);
	return 0;
}

/* ---- the watch ---- */

int drift_watch_new(struct units *units, struct notify *notify, struct drift_watch **ret)
{
	struct drift_watch *watch = calloc(1, sizeof(*watch));
	sd_event *event = units->context->event;
	int err;

	if (!watch)
		return -ENOMEM;
	watch->units = units;
	watch->notify = notify;
	err = sd_event_add_time(event, &watch->timer, CLOCK_MONOTONIC, now_usec() + SOON_USEC,
				ACCURACY_USEC, look_at_all, watch);
	if (err < 0) {
		free(watch);
		return err;
	}
	err = link_watch_new(event, look_soon, watch, &watch->links);
	if (err < 0)
		log_warning("interfaces that come and go are seen each DriftInterval= alone: %s",
			    strerror(-err));
	*ret = watch;
	return 0;
}

struct drift_watch *drift_watch_free(struct drift_watch *watch)
{
	if (!watch)
		return NULL;
	while (watch->looks)
		forget_look(watch->looks);
	link_watch_free(watch->links);
	sd_event_source_unref(watch->timer);
	free(watch);
	return NULL;
}
