/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/top_source.h"

#include <errno.h>

static int ask(struct top_source *source, json_t **ret, struct failure *reterr_failure)
{
	int err = 0;

	if (!source->client)
		err = client_open(source->runtime_directory, &source->client, reterr_failure);
	return err ? err : client_ask_figures(source->client, true, ret, reterr_failure);
}

int top_source_ask(struct top_source *source, struct top_model *model,
		   struct failure *reterr_failure)
{
	json_t *answer = NULL;
	int err = ask(source, &answer, reterr_failure);

	if (err) {
		top_source_deinit(source);
		top_model_interrupt(model);
		return err;
	}
	err = top_model_add(model, answer);
	return err ? failure_set(reterr_failure, OUTCOME_FAILED, err, "out of memory") : 0;
}

void top_source_deinit(struct top_source *source)
{
	client_free(source->client);
	source->client = NULL;
}
