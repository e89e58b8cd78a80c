/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The generations of a unit that can be had again. */
#include "ctl/ask.h"
#include "ctl/asked_by.h"
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
	{"ASKED BY", "asked_by", OUTPUT_TEXT},
};

/* Of what made the generation: the first of its receipts. */
static void add_askers(const json_t *generations)
{
	json_t *generation;
	size_t i;

	json_array_foreach (generations, i, generation) {
		const json_t *first = json_array_get(json_object_get(generation, "receipts"), 0);

		json_object_set_new(generation, "asked_by",
				    asked_by_text(json_object_get(first, "asked_by")));
	}
}

static void print_generations(FILE *out, const json_t *generations)
{
	if (json_array_size(generations) == 0) {
		fputs("no history\n", out);
		return;
	}
	add_askers(generations);
	output_table(out, generations, columns, ARRAY_SIZE(columns));
}

static const struct ask_offline history_offline = {.is_there = offline_has_history,
						   .answer = offline_history,
						   .source = "its state directory and pins say"};

int verb_history(const struct invocation *invocation, struct failure *reterr_failure)
{
	const char *unit = invocation->operands[0];
	cleanup_json json_t *answer = NULL;
	int err = verb_unit_name(unit, reterr_failure);

	if (!err)
		err = ask_daemon_or_files(invocation, "History", unit, &history_offline, &answer,
					  reterr_failure);
	if (err)
		return err;
	if (invocation->format == OUTPUT_JSON)
		output_json(invocation->out, answer);
	else
		print_generations(invocation->out, json_object_get(answer, "generations"));
	return 0;
}
