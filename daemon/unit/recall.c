/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/recall.h"

#include <errno.h>
#include <string.h>

#include "daemon/state/history.h"
#include "daemon/state/store.h"

static int take_object(const char *state, const struct history_entry *entry,
		       struct operation *operation, struct failure *reterr_failure)
{
	int err = store_open(state, entry->digest, &operation->object_fd);

	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "the object of generation %u is not in the store any more "
					 "(%s/objects/%s)",
					 entry->generation, state, entry->digest);
	operation->object_path = strdup(entry->object);
	operation->digest = strdup(entry->digest);
	return operation->object_path && operation->digest ? 0 : -ENOMEM;
}

static int take_entry(const char *state, const char *unit, const struct history_entry *entry,
		      bool own_object, struct operation *operation, struct failure *reterr_failure)
{
	int err = unit_file_parse(unit, entry->file, entry->config, strlen(entry->config),
				  &operation->file, reterr_failure);

	if (err) {
		reterr_failure->outcome = OUTCOME_REFUSED;
		return err;
	}
	operation->again = entry->generation;
	return own_object ? 0 : take_object(state, entry, operation, reterr_failure);
}

int recall_generation(const struct context *context, const char *unit, uint32_t generation,
		      bool own_object, struct operation *operation, struct failure *reterr_failure)
{
	const char *state = context->state_directory;
	struct history_entry entry;
	int err = state ? history_read(state, unit, generation, &entry) : -ENOENT;

	if (err)
		return failure_set(reterr_failure, OUTCOME_REFUSED, err,
				   "the history of unit %s has no generation %u%s; `ebpfctl "
				   "history %s` shows what there is",
				   unit, generation,
				   err == -ENOENT ? "" : " that can be read (its file is damaged)",
				   unit);
	err = take_entry(state, unit, &entry, own_object, operation, reterr_failure);
	history_entry_deinit(&entry);
	return err;
}
