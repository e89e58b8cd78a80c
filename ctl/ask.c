/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/ask.h"

#include <errno.h>

#include "ctl/client.h"
#include "lib/bus_names.h"

static int open_client(const struct invocation *invocation, struct client **ret,
		       struct failure *reterr_failure)
{
	if (invocation->no_daemon)
		return failure_set(reterr_failure, OUTCOME_NO_DAEMON, -EHOSTDOWN,
				   "the daemon does not answer");
	return client_open(invocation->runtime_directory, ret, reterr_failure);
}

int ask_daemon_or_files(const struct invocation *invocation, const char *method, const char *unit,
			const struct ask_offline *offline, json_t **ret,
			struct failure *reterr_failure)
{
	cleanup_client struct client *client = NULL;
	const struct offline_places places = {
		.root = invocation->root ? invocation->root : DEFAULT_ROOT,
		.state = invocation->state_directory ? invocation->state_directory
						     : DEFAULT_STATE_DIRECTORY,
	};
	struct failure failure;
	int err = open_client(invocation, &client, &failure);

	if (!err)
		return client_ask_json(client, method, unit, ret, reterr_failure);
	if (failure.outcome != OUTCOME_NO_DAEMON || !offline->is_there(&places)) {
		*reterr_failure = failure;
		return err;
	}
	err = offline->answer(&places, unit ? unit : "", ret, reterr_failure);
	if (!err)
		fprintf(invocation->err, "ebpfctl: ebpfd does not answer; this is what %s\n",
			offline->source);
	return err;
}
