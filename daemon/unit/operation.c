/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/operation.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/unit/heal.h"
#include "daemon/unit/receipt.h"
#include "lib/cleanup.h"
#include "lib/clock.h"

struct operation *operation_new(const struct operation_request *request)
{
	struct operation *operation = calloc(1, sizeof(*operation));
	int object_fd = request->object_fd;
	int log_fd = request->log_fd;

	if (!operation) {
		close_and_forget(&object_fd);
		close_and_forget(&log_fd);
		return NULL;
	}
	operation->client = request->client;
	json_incref(operation->client.asked_by);
	operation->object_fd = object_fd;
	operation->log_fd = log_fd;
	operation->object_path = request->object_path ? strdup(request->object_path) : NULL;
	operation->remark = request->remark ? strdup(request->remark) : NULL;
	operation->from = BANK_NONE;
	operation->to = BANK_NONE;
	operation->candidate = BANK_INIT;
	operation->notes = json_array();
	operation->failure = (struct failure){.outcome = OUTCOME_FAILED, .text = "out of memory"};
	return operation;
}

void operation_free(struct operation *operation)
{
	if (!operation)
		return;
	loader_process_free(operation->loader);
	bank_close(&operation->candidate);
	free(operation->retired_rows);
	unit_file_free(operation->file);
	close_and_forget(&operation->object_fd);
	close_and_forget(&operation->log_fd);
	free(operation->object_path);
	free(operation->digest);
	free(operation->digest_before);
	free(operation->remark);
	heal_free(operation->heal);
	json_decref(operation->client.asked_by);
	json_decref(operation->report);
	json_decref(operation->so_far);
	json_decref(operation->events);
	json_decref(operation->notes);
	free(operation);
}

void operation_note(struct operation *operation, const char *format, ...)
{
	char text[FAILURE_TEXT_MAX];
	va_list values;

	va_start(values, format);
	(void)vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	json_array_append_new(operation->notes, json_string(text));
}

int operation_refuse_all(const struct units *units, struct failure *reterr_failure)
{
	if (units->stopping)
		return failure_set(reterr_failure, OUTCOME_FAILED, -ESHUTDOWN, "ebpfd is stopping");
	if (units->collecting)
		return failure_set(reterr_failure, OUTCOME_BUSY, -EBUSY,
				   "a gc is under way; wait for it to end");
	return 0;
}

int operation_refuse_busy(const struct unit *unit, struct failure *reterr_failure)
{
	const struct operation *running = unit->operation;
	const char *phase =
		running->phase_count ? running->phases[running->phase_count - 1].name : "begin";

	return failure_set(reterr_failure, OUTCOME_BUSY, -EBUSY,
			   "unit %s: a %s is under way for %.3f s (phase %s); wait for it to end",
			   unit->name, running->kind->name,
			   (double)(clock_now_usec(CLOCK_MONOTONIC) - running->begin_usec) / 1e6,
			   phase);
}

/* ---- ending ---- */

uint64_t operation_phase_usec(const struct operation *operation, size_t phase)
{
	uint64_t end = phase + 1 < operation->phase_count
			       ? operation->phases[phase + 1].begin_usec
			       : operation->end_usec - operation->begin_usec;

	return end - operation->phases[phase].begin_usec;
}

static enum outcome outcome_of_failure(const struct operation *operation)
{
	if (operation->take_back_failed)
		return OUTCOME_TAKE_BACK_FAILED;
	if (operation->flipped)
		return OUTCOME_TAKEN_BACK;
	/* What fails before the first flip has touched nothing, whatever it was. */
	return operation->unit->gone ? operation->failure.outcome : OUTCOME_REFUSED;
}

static void remember_last(struct unit *unit, json_t *last)
{
	json_decref(unit->last);
	unit->last = last;
}

/* A unit that never came to be, or is gone, leaves the set. */
static bool is_over(const struct unit *unit)
{
	return unit->gone || !unit->selector.value;
}

static uint32_t generation_in_force(const struct unit *unit)
{
	int active = unit->gone ? BANK_NONE : unit_active(unit);

	return active == BANK_NONE ? 0 : unit_selector(unit)->generation[active];
}

/* `failure` is NULL where it is done. */
static void tell_observer(const struct operation *operation, const json_t *receipt,
			  const struct failure *failure)
{
	const struct context *context = operation->unit->units->context;
	const struct operation_end end = {.unit = operation->unit->name,
					  .operation = operation->kind->name,
					  .generation = generation_in_force(operation->unit),
					  .receipt = receipt,
					  .failure = failure};

	if (!failure)
		failed_units_forget(&operation->unit->units->failed, operation->unit->name);
	if (context->ended)
		context->ended(context->observer, &end);
}

static void operation_end(struct operation *operation)
{
	struct operation_client client = operation->client;
	struct unit *unit = operation->unit;
	const bool failed = operation->undoing;
	struct failure failure;
	json_t *receipt;

	operation->end_usec = clock_now_usec(CLOCK_MONOTONIC);
	if (failed)
		operation->failure.outcome = outcome_of_failure(operation);
	failure = operation->failure;
	receipt = failed ? receipt_of_failure(operation) : receipt_make(operation);
	if (!operation->kind->changes_nothing) {
		remember_last(unit, json_incref(receipt));
		tally_add(&unit->tally, operation, failed ? failure.outcome : OUTCOME_DONE);
		tell_observer(operation, receipt, failed ? &failure : NULL);
	}
	unit->operation = NULL;
	operation_free(operation);
	if (is_over(unit)) {
		if (failed)
			unit->units->failed_loads++;
		units_remove(unit);
	}
	client.done(client.data, failed ? NULL : receipt, &failure);
	json_decref(receipt);
}

/* ---- steps ---- */

static void operation_advance(struct operation *operation);

static void begin_phase(struct operation *operation, const char *phase)
{
	uint64_t usec = clock_now_usec(CLOCK_MONOTONIC) - operation->begin_usec;
	size_t count = operation->phase_count;

	if (!phase || count == OPERATION_PHASES_MAX ||
	    (count > 0 && strcmp(operation->phases[count - 1].name, phase) == 0))
		return;
	operation->phases[operation->phase_count++] =
		(struct operation_phase){.name = phase, .begin_usec = usec};
	if (operation->client.phase)
		operation->client.phase(operation->client.data, operation->unit->name, phase, usec);
}

static int run_step(void *data)
{
	struct operation *operation = data;
	const struct operation_step *step = &operation->kind->steps[operation->step];

	if (!operation->undoing)
		return step->run(operation);
	step->undo(operation);
	return 0;
}

/* Moves to the next step; false where there is none. A failure turns the direction round. */
static bool take_result(struct operation *operation, int result)
{
	if (operation->undoing)
		return operation->step-- > 0;
	if (result >= 0)
		return ++operation->step < operation->kind->step_count;
	operation->undoing = true;
	begin_phase(operation, "undo");
	return true; /* the step that failed is undone too: it may have done half */
}

void operation_continue(struct operation *operation, int result)
{
	if (take_result(operation, result))
		operation_advance(operation);
	else
		operation_end(operation);
}

static void step_done(void *data, int result)
{
	operation_continue(data, result);
}

static bool has_work(const struct operation *operation)
{
	const struct operation_step *step = &operation->kind->steps[operation->step];

	if (step->applies && !step->applies(operation))
		return false;
	return operation->undoing ? step->undo != NULL : step->run != NULL;
}

/* Runs the step, or hands it to the waiter. OPERATION_WAITS: its result comes later. */
static int begin_step(struct operation *operation)
{
	const struct operation_step *step = &operation->kind->steps[operation->step];
	int err;

	if (!has_work(operation))
		return 0;
	if (!operation->undoing)
		begin_phase(operation, step->phase);
	if (!step->on_waiter)
		return run_step(operation);
	err = waiter_submit(operation->unit->units->context->waiter, run_step, step_done,
			    operation);
	return err ? err : OPERATION_WAITS;
}

static void operation_advance(struct operation *operation)
{
	int result;

	do {
		result = begin_step(operation);
		if (result == OPERATION_WAITS)
			return;
	} while (take_result(operation, result));
	operation_end(operation);
}

static char *digest_in_force(const struct unit *unit)
{
	int active = unit_active(unit);
	const struct manifest *manifest = active == BANK_NONE ? NULL : unit->banks[active].manifest;

	return manifest ? strdup(manifest->digest) : NULL;
}

void operation_start(struct unit *unit, const struct operation_kind *kind,
		     struct operation *operation)
{
	operation->kind = kind;
	operation->unit = unit;
	operation->begin_usec = clock_now_usec(CLOCK_MONOTONIC);
	operation->time_usec = clock_now_usec(CLOCK_REALTIME);
	operation->digest_before = digest_in_force(unit);
	unit->operation = operation;
	unit->operation_number = ++unit->units->operation_number;
	operation_advance(operation);
}

static void operation_abandon(struct operation *operation)
{
	struct operation_client client = operation->client;
	struct failure failure;

	(void)failure_set(
		&failure, OUTCOME_FAILED, 0,
		"ebpfd stops in the middle of the %s of unit %s; its next start takes it back "
		"or finishes it",
		operation->kind->name, operation->unit->name);
	operation->unit->operation = NULL;
	operation_free(operation);
	client.done(client.data, NULL, &failure);
}

void operations_abandon(struct units *units)
{
	units->stopping = true;
	for (struct unit *unit = units->first; unit; unit = unit->next)
		if (unit->operation)
			operation_abandon(unit->operation);
}
