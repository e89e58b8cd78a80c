/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/flip.h"

#include <errno.h>
#include <string.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/hook_target.h"
#include "daemon/kernel/kept_maps.h"
#include "daemon/kernel/places.h"
#include "daemon/kernel/shared_maps.h"
#include "daemon/unit/bank_events.h"
#include "lib/fault.h"

/* NULL where nothing is: an unload brings nothing in force. */
static const struct manifest *manifest_in(const struct operation *operation, int bank)
{
	return bank == BANK_NONE ? NULL : operation->unit->banks[bank].manifest;
}

bool flip_is_by_link(const struct operation *operation)
{
	struct unit_pins pins = unit_pins(operation->unit);

	if (operation->undoing)
		return operation->links_swapped > 0;
	return swap_is_by_link(&pins, manifest_in(operation, operation->from),
			       manifest_in(operation, operation->to));
}

int flip_links(struct operation *operation)
{
	struct unit_pins pins = unit_pins(operation->unit);
	int err = swap_links(&pins, manifest_in(operation, operation->from),
			     manifest_in(operation, operation->to), &operation->links_swapped,
			     &operation->failure);

	operation->flipped = operation->links_swapped > 0;
	fault_point(operation->kind->points, "links");
	return err;
}

void flip_links_back(struct operation *operation)
{
	struct unit_pins pins = unit_pins(operation->unit);
	struct failure failure = {0};
	size_t back = 0;

	if (!operation->links_swapped)
		return;
	if (swap_links(&pins, manifest_in(operation, operation->to),
		       manifest_in(operation, operation->from), &back, &failure) < 0 &&
	    back < operation->links_swapped) {
		size_t used = strlen(operation->failure.text);

		operation->take_back_failed = true;
		(void)str_format(operation->failure.text + used,
				 sizeof(operation->failure.text) - used,
				 "; and it could not be taken back: %s", failure.text);
	}
}

int flip_store(struct operation *operation)
{
	struct ebpfd_selector *selector = unit_selector(operation->unit);

	selector_store_word(selector, selector->target);
	fault_point(operation->kind->points, "word");
	operation->flipped = true;
	if (operation->links_swapped > 1)
		operation_note(operation,
			       "%zu links were exchanged one after the other; for a moment "
			       "some hooks ran the former programs and some the new ones",
			       operation->links_swapped);
	return 0;
}

void flip_store_back(struct operation *operation)
{
	struct ebpfd_selector *selector = unit_selector(operation->unit);

	selector_store_word(selector, word_with_bank(selector_word(selector), operation->from));
}

static int wait_for_programs(const struct operation *operation)
{
	return barrier_wait_all(&operation->unit->units->context->barrier,
				manifest_may_sleep(manifest_in(operation, operation->from)) ||
					manifest_may_sleep(manifest_in(operation, operation->to)));
}

int flip_barrier(struct operation *operation)
{
	int err = wait_for_programs(operation);

	if (err)
		return failure_set_errno(&operation->failure, OUTCOME_FAILED, err,
					 "the barrier failed");
	fault_point(operation->kind->points, "barrier");
	return 0;
}

void flip_barrier_back(struct operation *operation)
{
	if (operation->flipped)
		(void)wait_for_programs(operation);
}

static void one_reached(struct stream *stream, void *data)
{
	struct operation *operation = data;

	(void)stream;
	if (--operation->drains_left == 0)
		operation_continue(operation, 0);
}

static int drain_stream(struct stream *stream, void *data)
{
	struct operation *operation = data;

	operation->drains_left++;
	return stream_when_reached(stream, stream_producer_position(stream), one_reached,
				   operation);
}

int flip_drain_banks(struct operation *operation, struct bank *const *banks, size_t count)
{
	/* One more than there are streams: those that are at their end now must not go on by
	 * themselves. */
	operation->drains_left = 1;
	for (size_t i = 0; i < count; i++) {
		int err = bank_for_each_stream(banks[i], drain_stream, operation);

		if (err)
			return err;
	}
	return --operation->drains_left == 0 ? 0 : OPERATION_WAITS;
}

int flip_drain(struct operation *operation)
{
	struct bank *left = &operation->unit->banks[operation->from];

	return flip_drain_banks(operation, &left, 1);
}

/* Hooks that are attached to nothing have no part in a flip. */
static void note_unattached(struct operation *operation)
{
	const struct manifest *manifest = manifest_in(operation, operation->to);

	for (size_t i = 0; i < manifest->hook_count; i++) {
		const struct drift_hook *hook =
			drift_find(operation->unit, manifest->hooks[i].place);

		if (hook && hook->state.condition >= HOOK_STATE_DETACHED)
			operation_note(operation,
				       "hook %s is %s: what is in force then runs there when it "
				       "is attached again",
				       hook->name, hook_condition_name(hook->state.condition));
	}
}

int flip_settle(struct operation *operation)
{
	struct ebpfd_selector *selector = unit_selector(operation->unit);
	struct unit *unit = operation->unit;

	fault_point(operation->kind->points, "drained");
	operation->events = bank_events(&unit->banks[operation->from], true);
	note_unattached(operation);
	bank_hold(&unit->banks[operation->to], false);
	selector_set(&selector->former, (uint32_t)operation->from + 1);
	selector_set(&selector->override_, operation->override_after);
	fault_point(operation->kind->points, "former");
	selector_end(selector);
	fault_point(operation->kind->points, "settled");
	unit_set_reason(unit, NULL);
	return 0;
}

void flip_follow_shared(struct operation *operation)
{
	int err = shared_maps_follow(operation->unit->units->context->root);

	if (err)
		operation_note(operation, "cannot publish all shared maps under %s/shared: %s",
			       operation->unit->units->context->root, strerror(-err));
	fault_point(operation->kind->points, "shared");
}

/* What neither bank is attached to any more. Places of what cannot be read stay. */
static void sweep_places(struct operation *operation)
{
	struct unit_pins pins = unit_pins(operation->unit);
	int err = places_sweep(&pins, manifest_in(operation, operation->to),
			       manifest_in(operation, operation->from),
			       &operation->unit->units->context->barrier);

	if (err)
		operation_note(operation,
			       "cannot detach all hooks that are not used any more (%s); the next "
			       "start will",
			       strerror(-err));
}

int flip_sweep(struct operation *operation)
{
	const char *root = operation->unit->units->context->root;
	char path[PIN_PATH_MAX];
	struct unit_pins pins = unit_pins(operation->unit);
	int err;

	if (operation->retired_generation) {
		pin_path(path, root, "%s/gen-%u", operation->unit->name,
			 operation->retired_generation);
		err = bpffs_remove_tree(path);
		if (err)
			operation_note(operation, "cannot remove %s (%s); the next start will",
				       path, strerror(-err));
		fault_point(operation->kind->points, "swept");
	}
	sweep_places(operation);
	err = kept_maps_publish(root, manifest_in(operation, operation->to));
	if (err)
		operation_note(operation, "cannot publish all kept maps under %s/%s/maps: %s", root,
			       operation->unit->name, strerror(-err));
	hook_targets_note(&pins, manifest_in(operation, operation->to));
	fault_point(operation->kind->points, "published");
	flip_follow_shared(operation);
	return 0;
}
