/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon reads its unit files again. */
#include <string.h>

#include "ctl/client.h"
#include "ctl/progress.h"
#include "ctl/verb.h"
#include "lib/macro.h"

static const struct output_field columns[] = {
	{"UNIT", "unit", OUTPUT_TEXT},
	{"ACTION", "action", OUTPUT_TEXT},
	{"OUTCOME", "outcome", OUTPUT_TEXT},
};

static bool is_done(const json_t *row)
{
	const char *outcome = json_string_value(json_object_get(row, "outcome"));

	return outcome && strcmp(outcome, outcome_name(OUTCOME_DONE)) == 0;
}

static bool is_all_done(const json_t *units, const json_t *settings)
{
	bool done = !settings || is_done(settings);

	for (size_t i = 0; i < json_array_size(units); i++)
		done &= is_done(json_array_get(units, i));
	return done;
}

/* A message may have several lines, as the errors of a file do, which no cell of a table has. */
static void print_message(FILE *out, const json_t *row, const char *key)
{
	const char *message = json_string_value(json_object_get(row, "message"));

	if (!message)
		return;
	output_value(out, json_object_get(row, key), OUTPUT_TEXT);
	fputs(": ", out);
	output_text(out, message);
	putc('\n', out);
}

static void print_report(FILE *out, const json_t *units, const json_t *settings)
{
	if (json_array_size(units) == 0)
		fputs("no units\n", out);
	output_table(out, units, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < json_array_size(units); i++)
		print_message(out, json_array_get(units, i), "unit");
	print_message(out, settings, "file");
}

static int ask_reload(const struct invocation *invocation, json_t **ret,
		      struct failure *reterr_failure)
{
	struct progress progress = progress_for(invocation);
	const struct client_operation operation = {
		.method = "DaemonReload", .phase = progress_phase, .userdata = &progress};
	cleanup_client struct client *client = NULL;
	int err = client_open(invocation->runtime_directory, &client, reterr_failure);

	if (!err)
		err = client_operate(client, &operation, ret, reterr_failure);
	progress_end(&progress);
	return err;
}

int verb_daemon_reload(const struct invocation *invocation, struct failure *reterr_failure)
{
	cleanup_json json_t *report = NULL;
	const json_t *units, *settings;
	int err = ask_reload(invocation, &report, reterr_failure);
	bool done;

	if (err)
		return err;
	units = json_object_get(report, "units");
	settings = json_object_get(report, "settings");
	done = is_all_done(units, settings);
	if (invocation->format == OUTPUT_JSON)
		output_json(invocation->out, report);
	else if (!invocation->quiet || !done)
		print_report(invocation->out, units, settings);
	return done ? 0 : OUTCOME_FAILED;
}
