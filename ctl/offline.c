/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/offline.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/unit_file.h"
#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/describe.h"
#include "daemon/kernel/hook_state.h"
#include "daemon/kernel/inventory.h"
#include "daemon/kernel/library_log.h"
#include "daemon/kernel/unit_view.h"
#include "daemon/state/history.h"
#include "lib/cleanup.h"
#include "lib/str.h"

static inline void cleanup_view_pointer(struct unit_view **view)
{
	unit_view_free(*view);
}
#define cleanup_view CLEANUP(cleanup_view_pointer)

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0 || errno != ENOENT;
}

bool offline_has_root(const struct offline_places *places)
{
	return is_there(places->root);
}

bool offline_has_history(const struct offline_places *places)
{
	return is_there(places->state) || is_there(places->root);
}

static json_t *without_daemon(json_t *answer)
{
	json_object_set_new(answer, "daemon", json_false());
	return answer;
}

/* ---- one unit ---- */

/* The reason why a unit that is in force is not well, by the checks that a start makes. */
static bool is_well(const struct unit_pins *pins, const struct unit_view *view,
		    struct failure *failure)
{
	int active = unit_view_active(view);

	if (view->state == UNIT_VIEW_UNREADABLE) {
		*failure = view->failure;
		return false;
	}
	if (view->state == UNIT_VIEW_UNFINISHED)
		return true;
	if (!view->banks[active]) {
		*failure = view->manifest_failures[active];
		return false;
	}
	/* In the middle of an operation the links may be at either side. */
	return unit_view_is_moving(view) ||
	       (hook_states_check(pins, view->banks[active], failure) == 0 &&
		swap_check_slots(pins, view->banks[active], active, failure) == 0);
}

static const char *state_of(const struct unit_view *view, bool well)
{
	if (view->state == UNIT_VIEW_UNFINISHED)
		return "loading";
	if (!well)
		return "degraded";
	return unit_view_is_moving(view) ? "reloading" : "active";
}

static const struct manifest *in_force(const struct unit_view *view)
{
	int active = unit_view_active(view);

	return active == BANK_NONE ? NULL : view->banks[active];
}

static json_t *summary(const struct unit_pins *pins, const struct unit_view *view,
		       struct failure *failure)
{
	return describe_unit(pins->unit, state_of(view, is_well(pins, view, failure)),
			     view->has_selector ? &view->selector : NULL, in_force(view));
}

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

static json_t *hooks_of(const struct unit_pins *pins, const struct manifest *manifest)
{
	json_t *hooks = json_array();

	for (size_t i = 0; i < manifest->hook_count; i++) {
		const struct manifest_hook *hook = &manifest->hooks[i];
		json_t *json = describe_hook_in_force(pins, hook);
		struct hook_state state;

		if (hook_state_read(pins, hook, &state) == 0)
			hook_state_add(json, &state, hook);
		json_array_append_new(hooks, json);
	}
	return hooks;
}

static json_t *description_of(const struct manifest *manifest)
{
	struct unit_file *file = NULL;
	json_t *description;

	if (unit_file_parse(manifest->unit, manifest->file, manifest->config,
			    strlen(manifest->config), &file, NULL) < 0)
		return json_null();
	description = text_or_null(file->description);
	unit_file_free(file);
	return description;
}

static void add_generation(json_t *json, const struct unit_pins *pins, const struct unit_view *view)
{
	const struct manifest *manifest = in_force(view);

	json_object_set_new(json, "description", description_of(manifest));
	describe_origin(json, &view->selector, manifest);
	json_object_set_new(json, "hooks", hooks_of(pins, manifest));
	json_object_set_new(json, "maps", describe_maps(pins->root, manifest));
}

static json_t *whole(const struct unit_pins *pins, const struct unit_view *view)
{
	struct failure failure = {};
	json_t *json = summary(pins, view, &failure);

	json_object_set_new(json, "reason", text_or_null(failure.text));
	json_object_set_new(json, "operation",
			    unit_view_is_moving(view)
				    ? json_string(operation_name(view->selector.operation))
				    : json_null());
	if (in_force(view))
		add_generation(json, pins, view);
	return json;
}

static bool has_directory(const struct unit_pins *pins)
{
	char path[PIN_PATH_MAX];

	pin_path(path, pins->root, "%s", pins->unit);
	return access(path, F_OK) == 0;
}

static int status_of_unit(const struct unit_pins *pins, json_t **ret,
			  struct failure *reterr_failure)
{
	cleanup_view struct unit_view *view = NULL;
	int err;

	if (!has_directory(pins))
		return failure_set(reterr_failure, OUTCOME_NO_SUCH_UNIT, -ENOENT,
				   "no unit \"%s\" has pins below %s", pins->unit, pins->root);
	err = unit_view_read(pins, &view, reterr_failure);
	if (!err)
		*ret = without_daemon(whole(pins, view));
	return err;
}

/* ---- all units ---- */

static int add_unit(json_t *units, const struct unit_pins *pins, struct failure *reterr_failure)
{
	cleanup_view struct unit_view *view = NULL;
	struct failure unused;
	json_t *unit;
	int err = unit_view_read(pins, &view, reterr_failure);

	if (err)
		return err;
	unit = summary(pins, view, &unused);
	if (in_force(view))
		json_object_set_new(unit, "hooks",
				    json_integer((json_int_t)in_force(view)->hook_count));
	json_array_append_new(units, unit);
	return 0;
}

/* Begins each answer: libbpf is silent, and the root is one. */
static int begin(const char *root, struct failure *reterr_failure)
{
	library_log_to_debug();
	return inventory_check_root(root, reterr_failure);
}

static int is_unit(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && unit_name_is_valid(entry->d_name);
}

/* By name, as the daemon has them. */
static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_units(const char *root, json_t *units, struct failure *reterr_failure)
{
	cleanup_free struct dirent **entries = NULL;
	int err = begin(root, reterr_failure);
	int count;

	if (err)
		return err;
	count = scandir(root, &entries, is_unit, compare_names);
	if (count < 0)
		return unit_view_refuse(root, -errno, reterr_failure);
	for (int i = 0; i < count; i++) {
		const struct unit_pins pins = {.root = root, .unit = entries[i]->d_name};

		if (!err)
			err = add_unit(units, &pins, reterr_failure);
		free(entries[i]);
	}
	return err;
}

int offline_list(const struct offline_places *places, json_t **ret, struct failure *reterr_failure)
{
	json_t *units = json_array();
	int err = read_units(places->root, units, reterr_failure);

	if (err)
		json_decref(units);
	else
		*ret = without_daemon(json_pack("{s:o}", "units", units));
	return err;
}

static int status_of_all(const char *root, json_t **ret, struct failure *reterr_failure)
{
	json_t *units = json_array();
	int err = read_units(root, units, reterr_failure);

	if (!err)
		*ret = without_daemon(json_pack("{s:s, s:I}", "root", root, "units",
						(json_int_t)json_array_size(units)));
	json_decref(units);
	return err;
}

int offline_status(const struct offline_places *places, const char *unit, json_t **ret,
		   struct failure *reterr_failure)
{
	const struct unit_pins pins = {.root = places->root, .unit = unit};
	int err;

	if (!*unit)
		return status_of_all(places->root, ret, reterr_failure);
	err = begin(places->root, reterr_failure);
	return err ? err : status_of_unit(&pins, ret, reterr_failure);
}

int offline_fsck(const struct offline_places *places, const char *unit, json_t **ret,
		 struct failure *reterr_failure)
{
	struct inventory *inventory = NULL;
	json_t *report;
	int err = begin(places->root, reterr_failure);

	if (!err)
		err = inventory_read(places->root, *unit ? unit : NULL, &inventory, reterr_failure);
	if (err)
		return err;
	report = inventory_report(inventory);
	json_object_set_new(report, "root", json_string(places->root));
	*ret = without_daemon(report);
	inventory_free(inventory);
	return 0;
}

/* ---- the history ---- */

/* Without a root or the unit in it nothing is in force. */
static int read_selector(const struct unit_pins *pins, uint32_t *ret_in_force, uint32_t *ret_former,
			 struct failure *reterr_failure)
{
	cleanup_view struct unit_view *view = NULL;
	int active, err;

	if (!has_directory(pins))
		return 0;
	err = begin(pins->root, reterr_failure);
	if (!err)
		err = unit_view_read(pins, &view, reterr_failure);
	if (err)
		return err;
	active = unit_view_active(view);
	if (active == BANK_NONE)
		return 0;
	*ret_in_force = view->selector.generation[active];
	if (view->selector.former)
		*ret_former = view->selector.generation[view->selector.former - 1];
	return 0;
}

int offline_history(const struct offline_places *places, const char *unit, json_t **ret,
		    struct failure *reterr_failure)
{
	const struct unit_pins pins = {.root = places->root, .unit = unit};
	uint32_t in_force = 0, former = 0;
	json_t *report;
	int err;

	if (access(places->state, R_OK | X_OK) < 0 && errno == EACCES)
		return failure_set(reterr_failure, OUTCOME_NOT_PERMITTED, -EACCES,
				   "not permitted to read the history in \"%s\": be root",
				   places->state);
	err = read_selector(&pins, &in_force, &former, reterr_failure);
	if (err)
		return err;
	report = history_report(places->state, unit, in_force, former);
	if (!report)
		return failure_set(reterr_failure, OUTCOME_NO_SUCH_UNIT, -ENOENT,
				   "no unit \"%s\" has a history in %s or pins below %s", unit,
				   places->state, places->root);
	*ret = without_daemon(report);
	return 0;
}
