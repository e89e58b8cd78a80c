/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon opens the files of its sinks again. */
#include <string.h>

#include "ctl/client.h"
#include "ctl/verb.h"
#include "lib/macro.h"

static const struct output_field columns[] = {
	{"UNIT", "unit", OUTPUT_TEXT},
	{"RING", "ring", OUTPUT_TEXT},
	{"GENERATION", "generation", OUTPUT_GENERATION},
	{"SINK", "sink", OUTPUT_TEXT},
	{"OUTCOME", "outcome", OUTPUT_TEXT},
	{"MESSAGE", "message", OUTPUT_TEXT},
};

static bool all_done(const json_t *sinks)
{
	for (size_t i = 0; i < json_array_size(sinks); i++) {
		const json_t *outcome = json_object_get(json_array_get(sinks, i), "outcome");

		if (!json_is_string(outcome) ||
		    strcmp(json_string_value(outcome), outcome_name(OUTCOME_DONE)) != 0)
			return false;
	}
	return true;
}

int verb_reopen(const struct invocation *invocation, struct failure *reterr_failure)
{
	const char *unit = invocation->operand_count ? invocation->operands[0] : NULL;
	cleanup_client struct client *client = NULL;
	cleanup_json json_t *report = NULL;
	const json_t *sinks;
	int err = unit ? verb_unit_name(unit, reterr_failure) : 0;

	if (!err)
		err = client_open(invocation->runtime_directory, &client, reterr_failure);
	if (!err)
		err = client_ask_json(client, "Reopen", unit ? unit : "", &report, reterr_failure);
	if (err)
		return err;
	sinks = json_object_get(report, "sinks");
	if (invocation->format == OUTPUT_JSON)
		output_json(invocation->out, report);
	else if (!invocation->quiet || !all_done(sinks)) {
		if (json_array_size(sinks) == 0)
			fputs("no sinks with files\n", invocation->out);
		output_table(invocation->out, sinks, columns, ARRAY_SIZE(columns));
	}
	return all_done(sinks) ? 0 : OUTCOME_FAILED;
}
