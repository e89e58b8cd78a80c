/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/heal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/kernel/hook_heal.h"
#include "daemon/unit/unit.h"
#include "lib/cleanup.h"
#include "lib/clock.h"

#define USEC_PER_SEC   UINT64_C(1000000)
#define DELAY_MAX_USEC (300 * USEC_PER_SEC)
#define HELD_USEC      (60 * USEC_PER_SEC)
#define DOUBLINGS_MAX  16U

/* One hook of the operation; what the waiter knows, it knows from here. */
struct heal_hook {
	const struct manifest_hook *hook;
	struct hook_state state;
	int err;
	struct failure failure;
};

struct heal {
	size_t count;
	struct heal_hook hooks[];
};

void heal_free(struct heal *heal)
{
	free(heal);
}

/* ---- when ---- */

bool heal_is_wanted(const struct unit *unit, const struct drift_hook *hook)
{
	enum hook_condition condition = hook->state.condition;

	if (condition != HOOK_STATE_DETACHED && condition != HOOK_STATE_MISSING &&
	    condition != HOOK_STATE_REPLACED)
		return false;
	return hook->state.returned || hook->state.lost ||
	       unit->banks[unit_active(unit)].file->heal;
}

/* Not while the selector names an operation that was cut short and could not be ended. */
static bool may_heal(const struct unit *unit)
{
	int active = unit_active(unit);

	return active != BANK_NONE && unit->banks[active].manifest &&
	       unit_selector(unit)->operation == EBPFD_OPERATION_NONE;
}

uint64_t heal_due_usec(const struct unit *unit)
{
	uint64_t due = UINT64_MAX;

	for (size_t i = 0; may_heal(unit) && i < unit->drift.count; i++)
		if (heal_is_wanted(unit, &unit->drift.hooks[i]))
			due = MIN(due, unit->drift.hooks[i].next_usec);
	return due;
}

static uint64_t delay_after(unsigned attempts)
{
	unsigned doublings = MIN(attempts - 1, DOUBLINGS_MAX);

	return MIN(USEC_PER_SEC << doublings, DELAY_MAX_USEC);
}

static void forget_attempts(struct drift_hook *hook)
{
	hook->attempts = 0;
	hook->next_usec = 0;
	free(hook->error);
	hook->error = NULL;
}

void heal_look(struct drift_hook *hook)
{
	uint64_t now = clock_now_usec(CLOCK_MONOTONIC);

	if (hook->state.condition == HOOK_STATE_WAITING)
		forget_attempts(hook);
	if (hook->state.condition == HOOK_STATE_ATTACHED && now - hook->last_usec > HELD_USEC)
		forget_attempts(hook);
}

/* ---- the steps ---- */

static int attach(struct operation *operation)
{
	struct unit_pins pins = unit_pins(operation->unit);
	const struct manifest *manifest = operation->unit->banks[operation->from].manifest;

	for (size_t i = 0; i < operation->heal->count; i++) {
		struct heal_hook *hook = &operation->heal->hooks[i];

		hook->err = hook_heal(&pins, manifest, hook->hook, &hook->state, &hook->failure);
	}
	return 0;
}

static int settle(struct operation *operation)
{
	for (size_t i = 0; i < operation->heal->count; i++) {
		const struct heal_hook *tried = &operation->heal->hooks[i];
		struct drift_hook *hook = drift_find(operation->unit, tried->hook->place);
		uint64_t delay = delay_after(++hook->attempts);

		hook->last_usec = clock_now_usec(CLOCK_MONOTONIC);
		hook->next_usec = hook->last_usec + delay;
		free(hook->error);
		hook->error = tried->err ? strdup(tried->failure.text) : NULL;
		if (tried->err)
			operation_note(operation,
				       "hook %s cannot be attached again, and is tried again in "
				       "%" PRIu64 " s: %s",
				       hook->name, delay / USEC_PER_SEC, tried->failure.text);
	}
	return 0;
}

static const struct operation_step steps[] = {
	{.phase = "attach", .run = attach, .on_waiter = true},
	{.phase = "settle", .run = settle},
};

static const struct operation_kind operation_heal = {.name = "heal",
						     .points = "heal",
						     .steps = steps,
						     .step_count = ARRAY_SIZE(steps),
						     .changes_nothing = true};

/* ---- the beginning ---- */

static void add_due(const struct unit *unit, uint64_t now, struct heal *heal)
{
	const struct manifest *manifest = unit->banks[unit_active(unit)].manifest;

	for (size_t i = 0; i < manifest->hook_count; i++) {
		const struct drift_hook *hook = drift_find(unit, manifest->hooks[i].place);

		if (hook && heal_is_wanted(unit, hook) && hook->next_usec <= now)
			heal->hooks[heal->count++] = (struct heal_hook){.hook = &manifest->hooks[i],
									.state = hook->state};
	}
}

int heal_start(struct unit *unit, const struct operation_client *client,
	       struct failure *reterr_failure)
{
	const struct operation_request request = {.object_fd = -1, .log_fd = -1, .client = *client};
	struct operation *operation;
	int err = operation_refuse_all(unit->units, reterr_failure);

	if (err)
		return err;
	operation = operation_new(&request);
	if (operation)
		operation->heal = calloc(1, sizeof(*operation->heal) +
						    unit->drift.count * sizeof(struct heal_hook));
	if (!operation || !operation->heal) {
		operation_free(operation);
		return failure_set(reterr_failure, OUTCOME_FAILED, -ENOMEM, "out of memory");
	}
	operation->from = unit_active(unit);
	operation->from_generation = unit_selector(unit)->generation[operation->from];
	operation->to_generation = operation->from_generation;
	add_due(unit, clock_now_usec(CLOCK_MONOTONIC), operation->heal);
	operation_start(unit, &operation_heal, operation);
	return 0;
}

/* ---- telling ---- */

void heal_add(json_t *json, const struct unit *unit, const struct drift_hook *hook)
{
	uint64_t next_usec =
		hook->next_usec + clock_now_usec(CLOCK_REALTIME) - clock_now_usec(CLOCK_MONOTONIC);

	if (!heal_is_wanted(unit, hook) || !hook->attempts)
		return;
	json_object_set_new(json, "attempts", json_integer(hook->attempts));
	json_object_set_new(json, "next_attempt_usec", json_integer((json_int_t)next_usec));
	if (hook->error)
		json_object_set_new(json, "error", json_string(hook->error));
}
