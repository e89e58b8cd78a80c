/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies below the root, and the removal of what nobody needs: fsck, gc. */
#include "ctl/ask.h"
#include "ctl/client.h"
#include "ctl/offline.h"
#include "ctl/verb.h"
#include "lib/cleanup.h"
#include "lib/macro.h"

static const struct output_field object_columns[] = {
	{"CLASS", "class", OUTPUT_TEXT},     {"PATH", "path", OUTPUT_TEXT},
	{"KIND", "kind", OUTPUT_TEXT},	     {"ID", "id", OUTPUT_NUMBER},
	{"PROBLEM", "problem", OUTPUT_TEXT}, {"REFERENCES", "references", OUTPUT_TEXT},
};

static const struct output_field failure_columns[] = {
	{"NOT REMOVED", "path", OUTPUT_TEXT},
	{"REASON", "reason", OUTPUT_TEXT},
};

static void print_busy(FILE *out, const json_t *busy)
{
	if (json_array_size(busy) == 0)
		return;
	fputs("in the middle of an operation: ", out);
	output_value(out, busy, OUTPUT_TEXT);
	putc('\n', out);
}

static void print_fsck(const struct invocation *invocation, const json_t *report)
{
	FILE *out = invocation->out;
	const json_t *objects = json_object_get(report, "objects");

	if (json_array_size(objects) == 0)
		fputs("nothing is below the root\n", out);
	else
		output_table(out, objects, object_columns, ARRAY_SIZE(object_columns));
	print_busy(out, json_object_get(report, "busy"));
}

static const struct ask_offline fsck_offline = {
	.is_there = offline_has_root, .answer = offline_fsck, .source = ASK_PINS_SAY};

int verb_fsck(const struct invocation *invocation, struct failure *reterr_failure)
{
	const char *unit = invocation->operand_count ? invocation->operands[0] : "";
	cleanup_json json_t *report = NULL;
	bool sound;
	int err = *unit ? verb_unit_name(unit, reterr_failure) : 0;

	if (!err)
		err = ask_daemon_or_files(invocation, "Fsck", unit, &fsck_offline, &report,
					  reterr_failure);
	if (err)
		return err;
	sound = json_is_true(json_object_get(report, "sound"));
	if (invocation->format == OUTPUT_JSON)
		output_json(invocation->out, report);
	else if (!invocation->quiet || !sound)
		print_fsck(invocation, report);
	return sound ? 0 : OUTCOME_FAILED;
}

static int ask_gc(const struct invocation *invocation, json_t **ret, struct failure *reterr_failure)
{
	cleanup_client struct client *client = NULL;
	int err = client_open(invocation->runtime_directory, &client, reterr_failure);

	return err ? err : client_ask_gc(client, invocation->yes, ret, reterr_failure);
}

static void print_gc(FILE *out, const json_t *report, bool really)
{
	const json_t *orphans = json_object_get(report, "orphans");

	output_table(out, orphans, object_columns, ARRAY_SIZE(object_columns));
	output_table(out, json_object_get(report, "failed"), failure_columns,
		     ARRAY_SIZE(failure_columns));
	print_busy(out, json_object_get(report, "busy"));
	if (json_array_size(orphans) == 0)
		fputs("no orphans\n", out);
	else if (really)
		fprintf(out, "%" JSON_INTEGER_FORMAT " removed\n",
			json_integer_value(json_object_get(report, "removed")));
	else
		fprintf(out, "%zu would be removed; --yes removes them\n",
			json_array_size(orphans));
}

int verb_gc(const struct invocation *invocation, struct failure *reterr_failure)
{
	cleanup_json json_t *report = NULL;
	bool done;
	int err = ask_gc(invocation, &report, reterr_failure);

	if (err)
		return err;
	done = json_array_size(json_object_get(report, "failed")) == 0;
	if (invocation->format == OUTPUT_JSON)
		output_json(invocation->out, report);
	else if (!invocation->quiet || !done)
		print_gc(invocation->out, report, invocation->yes);
	return done ? 0 : OUTCOME_FAILED;
}
