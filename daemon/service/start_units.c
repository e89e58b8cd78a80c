/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/start_units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/service/asker.h"
#include "daemon/service/journal_message.h"
#include "daemon/service/sequence.h"
#include "daemon/unit/operations.h"
#include "lib/log.h"
#include "lib/str.h"

struct start {
	struct units *units;
	struct sequence sequence;
	json_t *asked_by;
	start_units_done_fn done;
	void *data;
};

static void load_failed(struct start *start, const char *name, const char *text)
{
	journal_message(JOURNAL_MESSAGE_UNIT_FAILED, LOG_ERR,
			&(struct journal_fields){.unit = unit_name_is_valid(name) ? name : NULL,
						 .operation = "load"},
			"%s.conf: %s", name, text);
	failed_units_add(&start->units->failed, name, text, true);
}

static void load_ended(void *data, json_t *receipt, const struct failure *failure)
{
	struct start *start = data;

	if (!receipt)
		load_failed(start, sequence_name(&start->sequence), failure->text);
	sequence_next(&start->sequence);
}

static bool begin_load(void *data, const char *name)
{
	struct start *start = data;
	const struct operation_request request = {
		.unit = name,
		.object_fd = -1,
		.file_fd = -1,
		.log_fd = -1,
		.client = {.asked_by = start->asked_by, .done = load_ended, .data = start}};
	struct failure failure;

	if (units_find(start->units, name))
		return false;
	if (units_load(start->units, &request, &failure) == 0)
		return true;
	load_failed(start, name, failure.text);
	return false;
}

static void all_ended(void *data)
{
	struct start *start = data;

	if (!start->units->stopping)
		start->done(start->data);
	sequence_deinit(&start->sequence);
	json_decref(start->asked_by);
	free(start);
}

int start_units(struct units *units, start_units_done_fn done, void *data)
{
	const char *directory = units->context->settings->units_directory;
	struct start *start = calloc(1, sizeof(*start));
	int err;

	if (!start)
		return -ENOMEM;
	*start = (struct start){
		.units = units, .asked_by = asker_daemon(ASKER_START), .done = done, .data = data};
	start->sequence = (struct sequence){
		.units = units, .begin = begin_load, .done = all_ended, .data = start};
	err = sequence_add_files(&start->sequence, directory, ".conf");
	if (err && err != -ENOENT)
		log_warning("cannot read %s: %s", directory, strerror(-err));
	sequence_next(&start->sequence);
	return 0;
}
