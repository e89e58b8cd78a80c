/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/daemon_reload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/service/asker.h"
#include "daemon/service/notify.h"
#include "daemon/service/sequence.h"
#include "daemon/unit/difference.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/utf8.h"

struct daemon_reload {
	struct units *units;
	struct notify *notify;
	const char *config;
	bool config_needed;
	bool allowed;	   /* the start is over */
	bool under_way;	   /* the service manager is told when it ends */
	const char *again; /* why another is due, which came while this was not possible; or NULL */
	struct sequence sequence;
	json_t *rows;
	const char *action; /* of the unit whose turn it is */
	char note[DIFFERENCE_NOTE_MAX];
	struct operation_client client; /* whoever asked; its `asked_by` is ours */
};

/* ---- the report ---- */

static json_t *make_row(const char *key, const char *name, const char *action, enum outcome outcome,
			const char *message)
{
	cleanup_free char *copy = strdup(name);

	/* Names of files are any bytes. */
	if (copy)
		utf8_replace_invalid(copy);
	return json_pack("{s:s?, s:s, s:s, s:s?}", key, copy, "action", action, "outcome",
			 outcome_name(outcome), "message", *message ? message : NULL);
}

static void add_row(struct daemon_reload *reload, const char *action, enum outcome outcome,
		    const char *message)
{
	json_array_append_new(reload->rows, make_row("unit", sequence_name(&reload->sequence),
						     action, outcome, message));
}

/* A unit that should be there, and still is not, is one that has failed. */
static void add_failure(struct daemon_reload *reload, const char *action,
			const struct failure *failure)
{
	struct units *units = reload->units;
	const char *name = sequence_name(&reload->sequence);

	add_row(reload, action, failure->outcome, failure->text);
	if (!units->stopping && !units_find(units, name))
		failed_units_add(&units->failed, name, failure->text, true);
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Settings are borrowed by all that runs: they are compared, and taken by the next start. */
static json_t *check_settings(const struct daemon_reload *reload)
{
	CLEANUP(daemon_file_deinit) struct daemon_file now = {0};
	struct failure failure = {.text = "out of memory"};
	int err = daemon_file_init(&now);

	if (!err)
		err = daemon_file_read(reload->config, &now, &failure);
	if (err && (err != -ENOENT || reload->config_needed))
		return make_row("file", reload->config, "left", OUTCOME_FAILED, failure.text);
	if (same_text(now.text, reload->units->context->settings->text))
		return make_row("file", reload->config, "none", OUTCOME_DONE, "");
	return make_row("file", reload->config, "restart", OUTCOME_DONE,
			"the file has changed: the next start of ebpfd takes it");
}

/* ---- one unit ---- */

static void unit_ended(void *data, json_t *receipt, const struct failure *failure)
{
	struct daemon_reload *reload = data;

	if (receipt)
		add_row(reload, reload->action, OUTCOME_DONE, reload->note);
	else
		add_failure(reload, reload->action, failure);
	sequence_next(&reload->sequence);
}

static const struct {
	const char *action;
	int (*verb)(struct units *units, const struct operation_request *request,
		    struct failure *reterr_failure);
} remedies[] = {
	[DIFFERENCE_NEW] = {"load", units_load},
	[DIFFERENCE_CHANGED] = {"reload", units_reload},
	[DIFFERENCE_GONE] = {"unload", units_unload},
};

static void unit_phase(void *data, const char *unit, const char *phase, uint64_t usec)
{
	const struct daemon_reload *reload = data;

	if (reload->client.phase)
		reload->client.phase(reload->client.data, unit, phase, usec);
}

static int apply(struct daemon_reload *reload, const char *name, enum difference difference,
		 struct failure *reterr_failure)
{
	const struct operation_request request = {.unit = name,
						  .object_fd = -1,
						  .file_fd = -1,
						  .log_fd = -1,
						  .client = {.asked_by = reload->client.asked_by,
							     .phase = unit_phase,
							     .done = unit_ended,
							     .data = reload}};

	reload->action = remedies[difference].action;
	return remedies[difference].verb(reload->units, &request, reterr_failure);
}

static bool begin_unit(void *data, const char *name)
{
	struct daemon_reload *reload = data;
	enum difference difference;
	struct failure failure;
	int err = difference_find(reload->units, name, &difference, reload->note, &failure);

	if (!err && difference == DIFFERENCE_NONE) {
		add_row(reload, "none", OUTCOME_DONE, reload->note);
		return false;
	}
	if (!err)
		err = apply(reload, name, difference, &failure);
	if (!err)
		return true;
	add_failure(reload, "left", &failure);
	return false;
}

/* ---- all of them ---- */

static void begin_again(struct daemon_reload *reload)
{
	const char *why = reload->again;

	reload->again = NULL;
	if (why)
		daemon_reload_unasked(reload, why);
}

/* The one way out, once notify_reloading() was called. */
static void leave(struct daemon_reload *reload)
{
	sequence_deinit(&reload->sequence);
	json_decref(reload->rows);
	reload->rows = NULL;
	json_decref(reload->client.asked_by);
	reload->client.asked_by = NULL;
	reload->under_way = false;
	if (!reload->units->stopping)
		notify_ready(reload->notify);
}

static void all_ended(void *data)
{
	struct daemon_reload *reload = data;
	struct failure failure;
	json_t *report = NULL;

	if (!reload->units->stopping)
		report = json_pack("{s:O, s:o}", "units", reload->rows, "settings",
				   check_settings(reload));
	if (!report)
		(void)failure_set(&failure, OUTCOME_FAILED, -ESHUTDOWN,
				  reload->units->stopping
					  ? "ebpfd stops in the middle of a daemon-reload"
					  : "out of memory");
	leave(reload);
	reload->client.done(reload->client.data, report, &failure);
	json_decref(report);
	if (!reload->units->stopping)
		begin_again(reload);
}

static int find_units(struct daemon_reload *reload, struct failure *reterr_failure)
{
	const char *directory = reload->units->context->settings->units_directory;
	int err = sequence_add_files(&reload->sequence, directory, ".conf");

	for (const struct unit *unit = reload->units->first; unit && !err; unit = unit->next)
		if (difference_is_configured(unit))
			err = sequence_add(&reload->sequence, unit->name);
	if (!err)
		return 0;
	return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
				 "cannot read UnitsDirectory=%s; nothing was touched", directory);
}

static int begin(struct daemon_reload *reload, struct failure *reterr_failure)
{
	int err;

	notify_reloading();
	reload->under_way = true;
	reload->sequence = (struct sequence){
		.units = reload->units, .begin = begin_unit, .done = all_ended, .data = reload};
	reload->rows = json_array();
	err = find_units(reload, reterr_failure);
	if (err) {
		leave(reload);
		return err;
	}
	failed_units_forget_configured(&reload->units->failed);
	sequence_next(&reload->sequence);
	return 0;
}

int daemon_reload_begin(struct daemon_reload *reload, const struct operation_client *client,
			struct failure *reterr_failure)
{
	if (!reload->allowed || reload->under_way)
		return failure_set(reterr_failure, OUTCOME_BUSY, -EBUSY,
				   reload->allowed
					   ? "a daemon-reload is under way; wait for it to end"
					   : "ebpfd is still starting, and loads what its unit "
					     "files say; wait until it is ready");
	reload->client = *client;
	json_incref(reload->client.asked_by);
	return begin(reload, reterr_failure);
}

void daemon_reload_allow(struct daemon_reload *reload)
{
	reload->allowed = true;
	begin_again(reload);
}

bool daemon_reload_is_allowed(const struct daemon_reload *reload)
{
	return reload->allowed;
}

struct daemon_reload *daemon_reload_new(struct units *units, struct notify *notify,
					const char *config, bool config_needed)
{
	struct daemon_reload *reload = calloc(1, sizeof(*reload));

	if (!reload)
		return NULL;
	reload->units = units;
	reload->notify = notify;
	reload->config = config;
	reload->config_needed = config_needed;
	return reload;
}

struct daemon_reload *daemon_reload_free(struct daemon_reload *reload)
{
	if (!reload)
		return NULL;
	sequence_deinit(&reload->sequence);
	json_decref(reload->rows);
	json_decref(reload->client.asked_by);
	free(reload);
	return NULL;
}

/* ---- without a client ---- */

static const char *text_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? text : "";
}

static void log_row(const json_t *row, const char *what, const char *key)
{
	const char *outcome = text_of(row, "outcome"), *message = text_of(row, "message");
	bool done = strcmp(outcome, outcome_name(OUTCOME_DONE)) == 0;

	log_line(done ? LOG_INFO : LOG_ERR, "daemon-reload: %s%s: %s, %s%s%s", what,
		 text_of(row, key), text_of(row, "action"), outcome, *message ? ": " : "", message);
}

static void log_report(void *data, json_t *report, const struct failure *failure)
{
	json_t *row;
	size_t i;

	(void)data;
	if (!report) {
		log_error("daemon-reload: %s", failure->text);
		return;
	}
	json_array_foreach (json_object_get(report, "units"), i, row)
		log_row(row, "unit ", "unit");
	log_row(json_object_get(report, "settings"), "", "file");
	log_info("daemon-reload: ended");
}

void daemon_reload_unasked(struct daemon_reload *reload, const char *why)
{
	const struct operation_client client = {.asked_by = asker_daemon(why), .done = log_report};
	struct failure failure;
	int err = daemon_reload_begin(reload, &client, &failure);

	json_decref(client.asked_by);
	if (err == -EBUSY)
		reload->again = why;
	else if (err)
		log_error("daemon-reload: %s", failure.text);
}
