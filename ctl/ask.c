/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/ask.h"

#include "ctl/client.h"
#include "ctl/offline.h"
#include "lib/bus_names.h"

int ask_daemon_or_pins(const struct invocation *invocation, const char *method, const char *unit,
		       ask_pins_fn ask_pins, json_t **ret, struct failure *reterr_failure)
{
	cleanup_client struct client *client = NULL;
	const char *root = invocation->root ? invocation->root : DEFAULT_ROOT;
	struct failure failure;
	int err = client_open(invocation->runtime_directory, &client, &failure);

	if (!err)
		return client_ask_json(client, method, unit, ret, reterr_failure);
	if (failure.outcome != OUTCOME_NO_DAEMON || !offline_has_root(root)) {
		*reterr_failure = failure;
		return err;
	}
	err = ask_pins(root, unit ? unit : "", ret, reterr_failure);
	if (!err)
		fputs("ebpfctl: ebpfd does not answer; this is what its pins say\n",
		      invocation->err);
	return err;
}
