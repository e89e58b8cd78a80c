/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The generations of a unit that can be had again. */
#include "ctl/client.h"
#include "ctl/verb.h"
#include "lib/macro.h"

static const struct output_field columns[] = {
	{"GENERATION", "generation", OUTPUT_GENERATION},
	{"STATE", "state", OUTPUT_TEXT},
	{"TIME", "time_usec", OUTPUT_TIME},
	{"HOW", "how", OUTPUT_TEXT},
	{"AGAIN", "again", OUTPUT_GENERATION},
	{"OVERRIDE", "override", OUTPUT_TEXT},
	{"STORED", "stored", OUTPUT_TEXT},
	{"SHA-256", "digest", OUTPUT_DIGEST},
	{"OBJECT", "object", OUTPUT_TEXT},
};

static int ask_history(const struct invocation *invocation, const char *unit, json_t **ret,
		       struct failure *reterr_failure)
{
	cleanup_client struct client *client = NULL;
	int err = client_open(invocation->runtime_directory, &client, reterr_failure);

	return err ? err : client_ask_json(client, "History", unit, ret, reterr_failure);
}

int verb_history(const struct invocation *invocation, struct failure *reterr_failure)
{
	const char *unit = invocation->operands[0];
	cleanup_json json_t *answer = NULL;
	const json_t *generations;
	int err = verb_unit_name(unit, reterr_failure);

	if (!err)
		err = ask_history(invocation, unit, &answer, reterr_failure);
	if (err)
		return err;
	generations = json_object_get(answer, "generations");
	if (invocation->format == OUTPUT_JSON)
		output_json(invocation->out, answer);
	else if (json_array_size(generations) == 0)
		fputs("no history\n", invocation->out);
	else
		output_table(invocation->out, generations, columns, ARRAY_SIZE(columns));
	return 0;
}
