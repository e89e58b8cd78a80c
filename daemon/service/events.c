/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/events.h"

#include <errno.h>
#include <string.h>

#include "daemon/events/audience.h"
#include "daemon/events/subscriber.h"
#include "daemon/service/bus_state.h"
#include "daemon/service/call.h"
#include "daemon/unit/recent.h"
#include "lib/cleanup.h"

/* What was asked for. Strings are the message's. */
struct question {
	const char *unit;
	uint32_t generation;
	char **filters; /* NULL-terminated, owned; or NULL */
	bool wide_as_text;
	uint32_t last; /* events that went by already */
	int follow;
};

static void question_deinit(struct question *question)
{
	for (char **text = question->filters; text && *text; text++)
		free(*text);
	free(question->filters);
}

/* ---- arguments ---- */

static int read_filters(sd_bus_message *message, struct question *question)
{
	int err = sd_bus_message_enter_container(message, 'v', "as");

	if (err >= 0 && !question->filters)
		err = sd_bus_message_read_strv(message, &question->filters);
	return err < 0 ? err : sd_bus_message_exit_container(message);
}

static int read_option(sd_bus_message *message, struct question *question,
		       struct failure *reterr_failure)
{
	const char *name;
	int err = sd_bus_message_read_basic(message, 's', &name);

	if (err < 0)
		return err;
	if (strcmp(name, "generation") == 0)
		return sd_bus_message_read(message, "v", "u", &question->generation);
	if (strcmp(name, "last") == 0)
		return sd_bus_message_read(message, "v", "u", &question->last);
	if (strcmp(name, "follow") == 0)
		return sd_bus_message_read(message, "v", "b", &question->follow);
	if (strcmp(name, "filter") == 0)
		return read_filters(message, question);
	if (strcmp(name, "numbers") == 0)
		return call_read_numbers(message, &question->wide_as_text, reterr_failure);
	return call_refuse_option(name, reterr_failure);
}

static int read_question(sd_bus_message *message, struct question *question,
			 struct failure *reterr_failure)
{
	int err = sd_bus_message_read_basic(message, 's', &question->unit);

	if (err >= 0)
		err = sd_bus_message_enter_container(message, 'a', "{sv}");
	while (err >= 0 && (err = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		err = read_option(message, question, reterr_failure);
		if (err >= 0)
			err = sd_bus_message_exit_container(message);
	}
	return err;
}

/* ---- the answer ---- */

static struct unit *find_unit(struct units *units, const char *name, struct failure *reterr_failure)
{
	struct unit *unit = units_find(units, name);

	if (!unit || unit->gone) {
		(void)failure_set(reterr_failure, OUTCOME_NO_SUCH_UNIT, -ENOENT,
				  "no unit \"%s\" is loaded (ebpfctl list shows what is)", name);
		return NULL;
	}
	if (unit->read_only) {
		(void)failure_set(
			reterr_failure, OUTCOME_REFUSED, -EPROTO,
			"unit \"%s\" is of a newer version of ebpfd, which alone reads its "
			"events",
			name);
		return NULL;
	}
	return unit;
}

/* What went by already; and then, if nothing more is wanted, the end. */
static int begin_stream(const struct unit *unit, const struct question *question,
			struct subscriber *subscriber, struct failure *reterr_failure)
{
	int err = recent_put(unit, subscriber, question->last);

	if (err || !question->follow)
		subscriber_end(subscriber);
	else
		subscriber_flush(subscriber);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
					 "cannot find the last events of unit \"%s\"",
					 question->unit);
	return 0;
}

static int check_question(const struct unit *unit, const struct question *question,
			  uint64_t max_subscribers, struct failure *reterr_failure)
{
	if (unit->audience.count >= max_subscribers)
		return failure_set(reterr_failure, OUTCOME_BUSY, -EBUSY,
				   "unit \"%s\" has %zu subscribers, as many as MaxSubscribers= in "
				   "ebpfd.conf allows",
				   question->unit, unit->audience.count);
	if (question->last > RECENT_MAX)
		return failure_set(reterr_failure, OUTCOME_USAGE, -ERANGE,
				   "%u of the last events are more than %d", question->last,
				   RECENT_MAX);
	return 0;
}

static int subscribe(const struct client *client, const struct question *question,
		     int *ret_reader_fd, struct failure *reterr_failure)
{
	CLEANUP(filters_deinit) struct filters filters = {};
	struct units *units = client->bus->units;
	const struct daemon_file *settings = units->context->settings;
	const struct subscription subscription = {.event = units->context->event,
						  .peer_uid = client->peer.uid,
						  .generation = question->generation,
						  .wide_as_text = question->wide_as_text,
						  .filters = &filters,
						  .buffer_size = settings->subscriber_buffer};
	struct unit *unit = find_unit(units, question->unit, reterr_failure);
	struct subscriber *subscriber;
	int err;

	if (!unit)
		return -ENOENT;
	err = check_question(unit, question, settings->max_subscribers, reterr_failure);
	if (!err)
		err = filters_init(question->filters, &filters, reterr_failure);
	if (err)
		return err;
	err = audience_add(&unit->audience, &subscription, &subscriber, ret_reader_fd);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
					 "cannot subscribe to unit \"%s\"", question->unit);
	return begin_stream(unit, question, subscriber, reterr_failure);
}

int events_subscribe(sd_bus_message *message, const struct client *client)
{
	struct failure failure = {.outcome = OUTCOME_USAGE, .text = "the arguments make no sense"};
	CLEANUP(question_deinit) struct question question = {.follow = true};
	cleanup_close int reader_fd = -1;
	int err = read_question(message, &question, &failure);

	if (err >= 0)
		err = subscribe(client, &question, &reader_fd, &failure);
	if (err < 0)
		return call_fail(message, &failure);
	return sd_bus_reply_method_return(message, "h", reader_fd);
}
