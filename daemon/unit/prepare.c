/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/places.h"
#include "daemon/kernel/shared_maps.h"
#include "daemon/state/store.h"
#include "daemon/unit/operations.h"
#include "daemon/unit/record.h"
#include "lib/fault.h"

static void loader_done(void *data, json_t *report, const struct failure *failure)
{
	struct operation *operation = data;

	operation->loader = loader_process_free(operation->loader);
	if (!report) {
		operation->failure = *failure;
		operation_continue(operation, -EINVAL);
		return;
	}
	operation->report = json_incref(report);
	fault_point(operation->kind->points, "prepared");
	operation_continue(operation, 0);
}

static int open_object(struct operation *operation)
{
	if (operation->object_fd >= 0)
		return 0;
	operation->object_path = strdup(operation->file->object);
	if (!operation->object_path)
		return -ENOMEM;
	operation->object_fd = open(operation->object_path, O_RDONLY | O_CLOEXEC);
	if (operation->object_fd < 0)
		return failure_set_errno(&operation->failure, OUTCOME_REFUSED, -errno,
					 "cannot open the object \"%s\"", operation->object_path);
	return 0;
}

/* A sink that cannot be opened is found before anything is loaded or attached. */
static int try_sinks(struct operation *operation)
{
	for (size_t i = 0; i < operation->file->event_count; i++) {
		struct sink *sink = NULL;
		int err = sink_new(&operation->file->events[i], &sink, &operation->failure);

		sink_free(sink);
		if (err) {
			operation->failure.outcome = OUTCOME_REFUSED;
			return err;
		}
	}
	return 0;
}

/* "": nothing is kept of a plan. */
static int name_copy(const struct operation *operation, char ret[PATH_MAX])
{
	const struct unit *unit = operation->unit;
	const char *state = unit->units->context->state_directory;

	ret[0] = '\0';
	if (!state || operation->kind == &operation_plan)
		return 0;
	return store_staged_path(state, unit->name, operation->to_generation, ret, PATH_MAX);
}

/* In a unit that something is wrong with, a link may still run what the bank held. */
static bool may_take_rings(const struct operation *operation)
{
	const struct unit *unit = operation->unit;

	return !unit->reason && bank_is_drained(&unit->banks[operation->to]);
}

int prepare_generation(struct operation *operation)
{
	const struct context *context = operation->unit->units->context;
	char store[PATH_MAX];
	int err = open_object(operation);

	if (!err)
		err = try_sinks(operation);
	if (!err)
		err = name_copy(operation, store);
	if (err)
		return err;
	const struct loader_request request = {
		.unit = operation->unit->name,
		.object_fd = operation->object_fd,
		.object_path = operation->object_path,
		.config = operation->file->text,
		.file_path = operation->file->path,
		.generation = operation->to_generation,
		.active_generation = operation->from_generation,
		.bank = operation->to,
		.plan = operation->kind == &operation_plan,
		.take_rings = may_take_rings(operation),
		.store = store,
		.digest = operation->digest ? operation->digest : "",
		.log_fd = operation->log_fd,
	};

	err = loader_process_start(context, &request, loader_done, operation, &operation->loader,
				   &operation->failure);
	return err ? err : OPERATION_WAITS;
}

/* What the loader has attached and pinned beside what the unit had. */
static void remove_places(const struct operation *operation)
{
	struct unit *unit = operation->unit;
	struct unit_pins pins = unit_pins(unit);

	if (unit_selector(unit)->generation[operation->to] && !unit->banks[operation->to].manifest)
		return; /* what it has cannot be known */
	(void)places_sweep(&pins, unit->banks[operation->from].manifest,
			   unit->banks[operation->to].manifest, &unit->units->context->barrier);
}

void prepare_remove_generation(struct operation *operation)
{
	char path[PIN_PATH_MAX];

	record_drop_staged(operation);
	/* Links in a state that could not be taken back may run its programs. */
	if (operation->take_back_failed)
		return;
	pin_path(path, operation->unit->units->context->root, "%s/gen-%u", operation->unit->name,
		 operation->to_generation);
	(void)bpffs_remove_tree(path);
	(void)shared_maps_follow(operation->unit->units->context->root);
	remove_places(operation);
}
