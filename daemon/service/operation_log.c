/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/operation_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "daemon/service/asker.h"
#include "daemon/service/journal_message.h"
#include "daemon/service/receipt_fields.h"
#include "lib/cleanup.h"

static const struct {
	const char *operation;
	enum journal_message message;
} done_messages[] = {
	{"load", JOURNAL_MESSAGE_UNIT_LOADED},
	{"reload", JOURNAL_MESSAGE_UNIT_RELOADED},
	{"rollback", JOURNAL_MESSAGE_UNIT_ROLLED_BACK},
	{"unload", JOURNAL_MESSAGE_UNIT_UNLOADED},
};

static void log_done(const struct operation_end *end, const struct journal_fields *fields)
{
	char in_force[48] = "";
	size_t i = 0;

	while (i < ARRAY_SIZE(done_messages) &&
	       strcmp(done_messages[i].operation, end->operation) != 0)
		i++;
	if (i == ARRAY_SIZE(done_messages))
		return;
	if (end->generation)
		(void)snprintf(in_force, sizeof(in_force), ", generation %" PRIu32 " is in force",
			       end->generation);
	journal_message(done_messages[i].message, LOG_INFO, fields, "unit %s: %s done%s", end->unit,
			end->operation, in_force);
}

/* Whoever starts units says which of them failed. */
static bool is_of_start(const struct operation_end *end)
{
	const json_t *by = json_object_get(json_object_get(end->receipt, "asked_by"), "by");

	return json_is_string(by) && strcmp(json_string_value(by), ASKER_START) == 0;
}

static void log_failure(const struct operation_end *end, const struct journal_fields *fields)
{
	const enum outcome outcome = end->failure->outcome;

	if (outcome == OUTCOME_TAKEN_BACK)
		journal_message(JOURNAL_MESSAGE_UNIT_TAKEN_BACK, LOG_WARNING, fields,
				"unit %s: %s taken back: %s", end->unit, end->operation,
				end->failure->text);
	else if (outcome == OUTCOME_TAKE_BACK_FAILED)
		journal_message(JOURNAL_MESSAGE_UNIT_TAKE_BACK_FAILED, LOG_ERR, fields,
				"unit %s: %s failed and could not be taken back: %s", end->unit,
				end->operation, end->failure->text);
	else if (!is_of_start(end))
		journal_message(JOURNAL_MESSAGE_UNIT_REFUSED, LOG_NOTICE, fields,
				"unit %s: %s %s: %s", end->unit, end->operation,
				outcome_name(outcome), end->failure->text);
}

/* Of the generation that was drained: each section of its receipt has the count of all of them. */
static void log_lost(const struct operation_end *end)
{
	const json_t *section = json_array_get(json_object_get(end->receipt, "events"), 0);
	json_int_t failed = json_integer_value(json_object_get(section, "failed"));
	json_int_t generation = json_integer_value(json_object_get(section, "generation"));
	const struct journal_fields fields = {.unit = end->unit,
					      .generation = (uint32_t)generation};

	if (!failed)
		return;
	journal_message(JOURNAL_MESSAGE_EVENTS_LOST, LOG_WARNING, &fields,
			"unit %s: %" JSON_INTEGER_FORMAT
			" events of generation %" JSON_INTEGER_FORMAT
			" were lost, since its ring was full; a larger one helps",
			end->unit, failed, generation);
}

void operation_log(const struct operation_end *end)
{
	size_t length = 0;
	cleanup_free char *facts = receipt_fields(end->receipt, &length);
	const struct journal_fields fields = {
		.unit = end->unit,
		.operation = end->operation,
		.generation = end->generation,
		.result = outcome_name(end->failure ? end->failure->outcome : OUTCOME_DONE),
		.others = facts,
		.others_length = facts ? length : 0};

	if (end->failure)
		log_failure(end, &fields);
	else
		log_done(end, &fields);
	log_lost(end);
}
