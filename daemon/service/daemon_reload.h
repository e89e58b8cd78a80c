/* SPDX-License-Identifier: GPL-2.0-or-later */
/* daemon-reload: UnitsDirectory= is read again, and what differs is applied. */
#pragma once

#include "daemon/unit/operations.h"

struct daemon_reload;
struct notify;

/*
 * `config` is the file that units->context->settings were read from; `config_needed`: it must
 * exist; `notify` is borrowed. Refuses all work until daemon_reload_allow(). NULL if memory is out.
 */
struct daemon_reload *daemon_reload_new(struct units *units, struct notify *notify,
					const char *config, bool config_needed);
/* Accepts NULL; returns NULL. Only where none is under way, or the daemon has stopped. */
struct daemon_reload *daemon_reload_free(struct daemon_reload *reload);

/* The start is over. */
void daemon_reload_allow(struct daemon_reload *reload);
bool daemon_reload_is_allowed(const struct daemon_reload *reload);

/*
 * Begins to go through the units that have a file in UnitsDirectory= and those that were loaded
 * from there, one after the other. OUTCOME_BUSY while one is under way or the daemon starts;
 * OUTCOME_FAILED where the directory cannot be read. Then the client is not called; else its
 * phase() is for each unit that is loaded, reloaded or unloaded, and its done() once, with the
 * report
 *
 *   {"units": [{"unit", "action", "outcome", "message"}], "settings": {the same with "file"}}
 *
 * in the order of names. action: load, unload, reload; none where nothing differs; left where the
 * unit stays as it is though it should not. outcome: of lib/outcome.h. message: null or text. The
 * action of the settings is none, left for a file with errors, or restart: they are taken by the
 * next start alone.
 */
int daemon_reload_begin(struct daemon_reload *reload, const struct operation_client *client,
			struct failure *reterr_failure);

/*
 * The same where no client waits: its report goes to the log. One that is under way is followed by
 * another. `why`: ASKER_SIGNAL or ASKER_WATCH.
 */
void daemon_reload_unasked(struct daemon_reload *reload, const char *why);
