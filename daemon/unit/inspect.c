/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/inspect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/kernel/inventory.h"
#include "daemon/unit/operation.h"
#include "lib/str.h"

struct inspection {
	struct units *units;
	char unit[NAME_MAX_LENGTH + 1]; /* "": all */
	bool gc;
	bool really;
	json_t *busy; /* names */
	struct inventory *inventory;
	size_t removed;
	json_t *failed;
	inspect_done_fn done;
	void *data;
	struct failure failure;
};

static void inspection_free(struct inspection *inspection)
{
	if (!inspection)
		return;
	inventory_free(inspection->inventory);
	json_decref(inspection->busy);
	json_decref(inspection->failed);
	free(inspection);
}

static bool has_name(const json_t *names, const char *name)
{
	json_t *known;
	size_t i;

	json_array_foreach (names, i, known)
		if (strcmp(json_string_value(known), name) == 0)
			return true;
	return false;
}

static void note_busy(struct inspection *inspection)
{
	for (const struct unit *unit = inspection->units->first; unit; unit = unit->next)
		if (unit->operation && !has_name(inspection->busy, unit->name))
			json_array_append_new(inspection->busy, json_string(unit->name));
}

static void excuse_busy(struct inspection *inspection)
{
	json_t *name;
	size_t i;

	json_array_foreach (inspection->busy, i, name)
		inventory_excuse(inspection->inventory, json_string_value(name));
}

/* ---- on the waiter ---- */

static int work(void *data)
{
	struct inspection *inspection = data;
	const char *root = inspection->units->context->root;
	int err = inventory_read(root, *inspection->unit ? inspection->unit : NULL,
				 &inspection->inventory, &inspection->failure);

	if (err || !inspection->really)
		return err;
	/* Only units that were busy at the beginning can be: none begins meanwhile. */
	excuse_busy(inspection);
	inspection->removed =
		inventory_remove_orphans(root, inspection->inventory, inspection->failed);
	return 0;
}

/* ---- on the loop ---- */

static json_t *report_gc(const struct inspection *inspection)
{
	return json_pack("{s:b, s:s, s:O, s:o, s:I, s:O}", "really", (int)inspection->really,
			 "root", inspection->units->context->root, "busy", inspection->busy,
			 "orphans", inventory_of_class(inspection->inventory, INVENTORY_ORPHAN),
			 "removed", (json_int_t)inspection->removed, "failed", inspection->failed);
}

static json_t *report_fsck(const struct inspection *inspection)
{
	json_t *report = inventory_report(inspection->inventory);

	json_object_set_new(report, "root", json_string(inspection->units->context->root));
	json_object_set(report, "busy", inspection->busy);
	return report;
}

static void end(void *data, int result)
{
	struct inspection *inspection = data;
	json_t *report = NULL;

	if (inspection->really)
		inspection->units->collecting = false;
	if (result >= 0) {
		/* An operation that began and one that ended meanwhile count alike. */
		note_busy(inspection);
		excuse_busy(inspection);
		report = inspection->gc ? report_gc(inspection) : report_fsck(inspection);
	}
	inspection->done(inspection->data, report, &inspection->failure);
	json_decref(report);
	inspection_free(inspection);
}

static struct inspection *inspection_new(struct units *units, inspect_done_fn done, void *data)
{
	struct inspection *inspection = calloc(1, sizeof(*inspection));

	if (!inspection)
		return NULL;
	*inspection = (struct inspection){
		.units = units,
		.busy = json_array(),
		.failed = json_array(),
		.done = done,
		.data = data,
		.failure = {.outcome = OUTCOME_FAILED, .text = "out of memory"},
	};
	note_busy(inspection);
	return inspection;
}

static int submit(struct inspection *inspection, struct failure *reterr_failure)
{
	int err = inspection
			  ? waiter_submit(inspection->units->context->waiter, work, end, inspection)
			  : -ENOMEM;

	if (!err)
		return 0;
	inspection_free(inspection);
	return failure_set_errno(reterr_failure, OUTCOME_FAILED, err, "cannot begin");
}

int inspect_fsck(struct units *units, const char *unit, inspect_done_fn done, void *data,
		 struct failure *reterr_failure)
{
	struct inspection *inspection;

	if (*unit && !unit_name_is_valid(unit))
		return failure_set(reterr_failure, OUTCOME_USAGE, -EINVAL,
				   "\"%s\" is no name of a unit", unit);
	inspection = inspection_new(units, done, data);
	if (inspection)
		(void)str_format(inspection->unit, sizeof(inspection->unit), "%s", unit);
	return submit(inspection, reterr_failure);
}

int inspect_gc(struct units *units, bool really, inspect_done_fn done, void *data,
	       struct failure *reterr_failure)
{
	struct inspection *inspection;
	int err = really ? operation_refuse_all(units, reterr_failure) : 0;

	if (err)
		return err;
	inspection = inspection_new(units, done, data);
	if (inspection) {
		inspection->gc = true;
		inspection->really = really;
	}
	err = submit(inspection, reterr_failure);
	if (!err && really)
		units->collecting = true;
	return err;
}
