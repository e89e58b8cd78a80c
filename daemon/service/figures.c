/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/figures.h"

#include "daemon/figures/collector.h"
#include "daemon/figures/figures_json.h"
#include "daemon/service/bus_state.h"
#include "daemon/service/call.h"
#include "lib/cleanup.h"

static char *render(const struct figures *figures, void *data, size_t *ret_length)
{
	(void)data;
	*ret_length = 0; /* a string */
	return figures_to_json(figures);
}

static void done(void *data, char *answer, size_t length, const struct failure *failure)
{
	cleanup_free char *text = answer;
	sd_bus_message *message = data;
	struct failure unread;

	(void)length;
	if (text && call_is_unread(message, &unread))
		failure = &unread;
	else if (text)
		failure = NULL;
	if (failure)
		(void)call_fail(message, failure);
	else
		(void)sd_bus_reply_method_return(message, "s", text);
	sd_bus_message_unref(message);
}

int figures_ask(sd_bus_message *message, const struct client *client)
{
	struct collector_question question = {.render = render, .done = done, .data = message};
	struct failure failure;
	int programs;
	int err = sd_bus_message_read_basic(message, 'b', &programs);

	if (err < 0)
		return err;
	question.wanted.programs = programs;
	err = collector_ask(client->bus->collector, &question, &failure);
	if (err)
		return call_fail(message, &failure);
	sd_bus_message_ref(message);
	return 1;
}
