/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/maps.h"

#include <errno.h>
#include <string.h>

#include "daemon/service/bus_state.h"
#include "daemon/service/call.h"
#include "lib/cleanup.h"

/* ---- arguments ---- */

static int read_option(sd_bus_message *message, struct map_question *question,
		       struct failure *reterr_failure)
{
	const char *name;
	int err = sd_bus_message_read_basic(message, 's', &name);
	int each_cpu;

	if (err < 0)
		return err;
	if (strcmp(name, "numbers") == 0)
		return call_read_numbers(message, &question->wide_as_text, reterr_failure);
	if (strcmp(name, "inner") == 0)
		return sd_bus_message_read(message, "v", "s", &question->inner);
	if (strcmp(name, "each-cpu") != 0)
		return call_refuse_option(name, reterr_failure);
	err = sd_bus_message_read(message, "v", "b", &each_cpu);
	if (err >= 0)
		question->each_cpu = each_cpu;
	return err;
}

static int read_options(sd_bus_message *message, struct map_question *question,
			struct failure *reterr_failure)
{
	int err = sd_bus_message_enter_container(message, 'a', "{sv}");

	while (err >= 0 && (err = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		err = read_option(message, question, reterr_failure);
		if (err >= 0)
			err = sd_bus_message_exit_container(message);
	}
	return err;
}

static int read_question(sd_bus_message *message, struct map_question *question,
			 struct failure *reterr_failure)
{
	bool has_key = question->verb != MAP_LIST && question->verb != MAP_DUMP;
	int err = sd_bus_message_read_basic(message, 's', &question->unit);

	if (err >= 0 && question->verb != MAP_LIST)
		err = sd_bus_message_read_basic(message, 's', &question->map);
	if (err >= 0 && has_key)
		err = sd_bus_message_read_basic(message, 's', &question->key);
	if (err >= 0 && question->verb == MAP_SET)
		err = sd_bus_message_read_basic(message, 's', &question->value);
	if (err >= 0 && question->verb != MAP_LIST)
		err = read_options(message, question, reterr_failure);
	return err;
}

/* ---- the answer ---- */

static int reply(sd_bus_message *message, const struct map_answer *answer)
{
	cleanup_free char *list = NULL;

	if (answer->fd >= 0)
		return sd_bus_reply_method_return(message, "h", answer->fd);
	if (answer->line)
		return sd_bus_reply_method_return(message, "s", answer->line);
	if (!answer->list)
		return sd_bus_reply_method_return(message, NULL);
	list = json_dumps(answer->list, JSON_COMPACT);
	return list ? sd_bus_reply_method_return(message, "s", list) : -ENOMEM;
}

static void done(void *data, const struct map_answer *answer, const struct failure *failure)
{
	sd_bus_message *message = data;
	struct failure unread;

	if (answer && call_is_unread(message, &unread)) {
		answer = NULL;
		failure = &unread;
	}
	if (answer)
		(void)reply(message, answer);
	else
		(void)call_fail(message, failure);
	sd_bus_message_unref(message);
}

int maps_begin(sd_bus_message *message, const struct client *client, enum map_verb verb)
{
	struct failure failure = {.outcome = OUTCOME_USAGE, .text = "the arguments make no sense"};
	struct map_question question = {.verb = verb};
	int err = read_question(message, &question, &failure);

	if (err < 0)
		return call_fail(message, &failure);
	sd_bus_message_ref(message);
	err = map_access(client->bus->units, &question, done, message, &failure);
	if (err < 0) {
		(void)call_fail(message, &failure);
		sd_bus_message_unref(message);
	}
	return 1;
}
