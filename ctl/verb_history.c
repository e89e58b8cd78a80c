/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The generations of a unit that can be had again. */
#include "ctl/ask.h"
#include "ctl/offline.h"
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

static const struct ask_offline history_offline = {.is_there = offline_has_history,
						   .answer = offline_history,
						   .source = "its state directory and pins say"};

int verb_history(const struct invocation *invocation, struct failure *reterr_failure)
{
	const char *unit = invocation->operands[0];
	cleanup_json json_t *answer = NULL;
	const json_t *generations;
	int err = verb_unit_name(unit, reterr_failure);

	if (!err)
		err = ask_daemon_or_files(invocation, "History", unit, &history_offline, &answer,
					  reterr_failure);
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
