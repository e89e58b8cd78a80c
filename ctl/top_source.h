/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where `top` has its numbers from: the daemon, over its restarts. */
#pragma once

#include "ctl/client.h"
#include "ctl/top_model.h"

struct top_source {
	const char *runtime_directory;
	struct client *client; /* NULL: to be connected */
};

/*
 * Asks once and takes the answer into the model. A daemon that does not answer is connected to anew
 * the next time, and then the model begins with a first answer again. Failures as client_open() and
 * client_ask_figures().
 */
int top_source_ask(struct top_source *source, struct top_model *model,
		   struct failure *reterr_failure);

/* Idempotent. */
void top_source_deinit(struct top_source *source);
