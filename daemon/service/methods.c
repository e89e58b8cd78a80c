/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/methods.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/service/asker.h"
#include "daemon/service/bus_state.h"
#include "daemon/service/call.h"
#include "daemon/service/daemon_reload.h"
#include "daemon/service/events.h"
#include "daemon/service/figures.h"
#include "daemon/service/maps.h"
#include "daemon/unit/inspect.h"
#include "daemon/unit/reopen.h"
#include "daemon/unit/status.h"
#include "lib/bus_names.h"
#include "lib/cleanup.h"
#include "lib/version.h"

static struct units *units_of(const struct client *client)
{
	return client->bus->units;
}

/* Takes the reference over. */
static int reply_json(sd_bus_message *message, json_t *json)
{
	cleanup_free char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	return text ? sd_bus_reply_method_return(message, "s", text) : -ENOMEM;
}

static json_t *asker_of(const struct client *client)
{
	return asker_client(sd_bus_get_fd(client->connection), &client->peer);
}

/* ---- changing verbs: credentials are looked at before arguments ---- */

static int check_may_change(const struct client *client, struct failure *reterr_failure)
{
	const char *group = units_of(client)->context->settings->reload_group;

	if (peer_may_change(&client->peer, group))
		return 0;
	return failure_set(
		reterr_failure, OUTCOME_NOT_PERMITTED, -EPERM,
		"changing a unit is for root%s%s; ReloadGroup= in ebpfd.conf can name a group",
		group ? " and members of group " : "", group ? group : "");
}

static int begin_change(sd_bus_message *message, struct client *client, verb_fn verb,
			const char *const *options)
{
	struct failure failure;
	json_t *asked_by;
	int answer;

	if (check_may_change(client, &failure) < 0)
		return call_fail(message, &failure);
	asked_by = asker_of(client);
	answer = call_begin(units_of(client), message, asked_by, verb, options);
	json_decref(asked_by);
	return answer;
}

static int method_load(sd_bus_message *message, void *data, sd_bus_error *error)
{
	static const char *const options[] = {"file", "file-path", "log", NULL};

	(void)error;
	return begin_change(message, data, units_load, options);
}

static int method_reload(sd_bus_message *message, void *data, sd_bus_error *error)
{
	static const char *const options[] = {"object", "object-path", "log", NULL};

	(void)error;
	return begin_change(message, data, units_reload, options);
}

/* It runs the verifier and takes the unit's turn, so it is for those who may change. */
static int method_plan(sd_bus_message *message, void *data, sd_bus_error *error)
{
	static const char *const options[] = {"object", "object-path", "log", NULL};

	(void)error;
	return begin_change(message, data, units_plan, options);
}

static int method_rollback(sd_bus_message *message, void *data, sd_bus_error *error)
{
	static const char *const options[] = {"generation", NULL};

	(void)error;
	return begin_change(message, data, units_rollback, options);
}

static int method_unload(sd_bus_message *message, void *data, sd_bus_error *error)
{
	static const char *const options[] = {NULL};

	(void)error;
	return begin_change(message, data, units_unload, options);
}

static int method_daemon_reload(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct operation_client asking = {.phase = call_phase, .done = call_end, .data = message};
	const struct client *client = data;
	struct failure failure;
	int err = check_may_change(client, &failure);

	(void)error;
	if (err)
		return call_fail(message, &failure);
	sd_bus_message_ref(message);
	asking.asked_by = asker_of(client);
	err = daemon_reload_begin(client->bus->reload, &asking, &failure);
	json_decref(asking.asked_by);
	if (err)
		call_end(message, NULL, &failure);
	return 1;
}

static int change_map(sd_bus_message *message, const struct client *client, enum map_verb verb)
{
	struct failure failure;

	if (check_may_change(client, &failure) < 0)
		return call_fail(message, &failure);
	return maps_begin(message, client, verb);
}

static int method_map_set(sd_bus_message *message, void *data, sd_bus_error *error)
{
	(void)error;
	return change_map(message, data, MAP_SET);
}

static int method_map_delete(sd_bus_message *message, void *data, sd_bus_error *error)
{
	(void)error;
	return change_map(message, data, MAP_DELETE);
}

/* A dry run reads alone, but what it is a rehearsal of is not for everybody. */
static int method_gc(sd_bus_message *message, void *data, sd_bus_error *error)
{
	const struct client *client = data;
	struct failure failure;
	int really, err = check_may_change(client, &failure);

	(void)error;
	if (err)
		return call_fail(message, &failure);
	err = sd_bus_message_read_basic(message, 'b', &really);
	if (err < 0)
		return err;
	sd_bus_message_ref(message);
	err = inspect_gc(units_of(client), really, call_end, message, &failure);
	if (err)
		call_end(message, NULL, &failure);
	return 1;
}

static int method_reopen(sd_bus_message *message, void *data, sd_bus_error *error)
{
	const struct client *client = data;
	struct failure failure;
	const char *name;
	json_t *report;
	int err = check_may_change(client, &failure);

	(void)error;
	if (err)
		return call_fail(message, &failure);
	err = sd_bus_message_read_basic(message, 's', &name);
	if (err < 0)
		return err;
	report = reopen_sinks(units_of(client), *name ? name : NULL, &failure);
	return report ? reply_json(message, report) : call_fail(message, &failure);
}

/* ---- reading verbs ---- */

static int method_list(sd_bus_message *message, void *data, sd_bus_error *error)
{
	const struct client *client = data;

	(void)error;
	return reply_json(message, status_list(units_of(client)));
}

static json_t *degraded_units(const struct units *units)
{
	json_t *names = json_array();

	for (const struct unit *unit = units->first; unit; unit = unit->next)
		if (unit_is_degraded(unit))
			json_array_append_new(names, json_string(unit->name));
	return names;
}

static json_t *daemon_status(const struct bus *bus)
{
	const struct units *units = bus->units;
	const char *state = units_are_degraded(units) ? "degraded" : "running";

	return json_pack(
		"{s:s, s:s, s:i, s:I, s:s, s:s, s:s?, s:s?, s:s, s:I, s:o, s:o, s:I}", "version",
		EBPFD_VERSION, "state", state, "pid", (int)getpid(), "since_usec",
		(json_int_t)bus->since_usec, "root", units->context->root, "runtime_directory",
		bus->runtime_directory, "state_directory", units->context->state_directory,
		"settings_path", units->context->settings_path, "units_directory",
		units->context->settings->units_directory, "units", (json_int_t)units_count(units),
		"degraded", degraded_units(units), "failed", failed_units_to_json(&units->failed),
		"clients", (json_int_t)bus->client_count);
}

static void no_such_unit(const struct units *units, const char *name, struct failure *ret_failure)
{
	const struct failed_unit *failed = failed_units_find(&units->failed, name);

	if (failed)
		(void)failure_set(ret_failure, OUTCOME_NO_SUCH_UNIT, -ENOENT,
				  "unit \"%s\" is not loaded, its load failed: %s", name,
				  failed->message);
	else
		(void)failure_set(ret_failure, OUTCOME_NO_SUCH_UNIT, -ENOENT,
				  "no unit \"%s\" is loaded (ebpfctl list shows what is)", name);
}

static int method_status(sd_bus_message *message, void *data, sd_bus_error *error)
{
	const struct client *client = data;
	const struct unit *unit;
	struct failure failure;
	const char *name;
	int err = sd_bus_message_read_basic(message, 's', &name);

	(void)error;
	if (err < 0)
		return err;
	if (!*name)
		return reply_json(message, daemon_status(client->bus));
	unit = units_find(units_of(client), name);
	if (unit)
		return reply_json(message, status_unit(unit));
	no_such_unit(units_of(client), name, &failure);
	return call_fail(message, &failure);
}

static int method_history(sd_bus_message *message, void *data, sd_bus_error *error)
{
	const struct client *client = data;
	struct failure failure;
	const char *name;
	json_t *history;
	int err = sd_bus_message_read_basic(message, 's', &name);

	(void)error;
	if (err < 0)
		return err;
	history = unit_name_is_valid(name) ? status_history(units_of(client), name) : NULL;
	if (history)
		return reply_json(message, history);
	(void)failure_set(&failure, OUTCOME_NO_SUCH_UNIT, -ENOENT,
			  "no unit \"%s\" is loaded, and none of that name was since the history "
			  "began",
			  name);
	return call_fail(message, &failure);
}

static int method_events(sd_bus_message *message, void *data, sd_bus_error *error)
{
	(void)error;
	return events_subscribe(message, data);
}

static int method_figures(sd_bus_message *message, void *data, sd_bus_error *error)
{
	(void)error;
	return figures_ask(message, data);
}

static int method_fsck(sd_bus_message *message, void *data, sd_bus_error *error)
{
	const struct client *client = data;
	struct failure failure;
	const char *unit;
	int err = sd_bus_message_read_basic(message, 's', &unit);

	(void)error;
	if (err < 0)
		return err;
	sd_bus_message_ref(message);
	err = inspect_fsck(units_of(client), unit, call_end, message, &failure);
	if (err)
		call_end(message, NULL, &failure);
	return 1;
}

static int method_map_list(sd_bus_message *message, void *data, sd_bus_error *error)
{
	(void)error;
	return maps_begin(message, data, MAP_LIST);
}

static int method_map_dump(sd_bus_message *message, void *data, sd_bus_error *error)
{
	(void)error;
	return maps_begin(message, data, MAP_DUMP);
}

static int method_map_get(sd_bus_message *message, void *data, sd_bus_error *error)
{
	(void)error;
	return maps_begin(message, data, MAP_GET);
}

static int method_ping(sd_bus_message *message, void *data, sd_bus_error *error)
{
	(void)data;
	(void)error;
	return sd_bus_reply_method_return(message, NULL);
}

static int check_ready(const struct bus *bus, struct failure *reterr_failure)
{
	const struct failed_unit *failed = bus->units->failed.first;

	if (!daemon_reload_is_allowed(bus->reload))
		return failure_set(reterr_failure, OUTCOME_BUSY, -EBUSY,
				   "ebpfd is still starting, and loads what its unit files say");
	if (failed)
		return failure_set(reterr_failure, OUTCOME_FAILED, -ENOENT,
				   "unit \"%s\" is not loaded: %s", failed->name, failed->message);
	return 0;
}

static int method_ready(sd_bus_message *message, void *data, sd_bus_error *error)
{
	const struct client *client = data;
	struct failure failure;

	(void)error;
	if (check_ready(client->bus, &failure) < 0)
		return call_fail(message, &failure);
	return sd_bus_reply_method_return(message, NULL);
}

static int method_version(sd_bus_message *message, void *data, sd_bus_error *error)
{
	(void)data;
	(void)error;
	return sd_bus_reply_method_return(message, "s", EBPFD_VERSION);
}

/* UNPRIVILEGED takes sd-bus's own check of capabilities off: ours is in begin_change(). */
#define METHOD(name, in, out, handler) \
	SD_BUS_METHOD(name, in, out, handler, SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable manager[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("Load", "sa{sv}", "s", method_load),
	METHOD("Unload", "sa{sv}", "s", method_unload),
	METHOD("Reload", "sa{sv}", "s", method_reload),
	METHOD("Rollback", "sa{sv}", "s", method_rollback),
	METHOD("Plan", "sa{sv}", "s", method_plan),
	METHOD("DaemonReload", NULL, "s", method_daemon_reload),
	METHOD("List", NULL, "s", method_list),
	METHOD("Status", "s", "s", method_status),
	METHOD("History", "s", "s", method_history),
	METHOD("Events", "sa{sv}", "h", method_events),
	METHOD("Figures", "b", "s", method_figures),
	METHOD("Reopen", "s", "s", method_reopen),
	METHOD("MapList", "s", "s", method_map_list),
	METHOD("MapDump", "ssa{sv}", "h", method_map_dump),
	METHOD("MapGet", "sssa{sv}", "s", method_map_get),
	METHOD("MapSet", "ssssa{sv}", NULL, method_map_set),
	METHOD("MapDelete", "sssa{sv}", NULL, method_map_delete),
	METHOD("Fsck", "s", "s", method_fsck),
	METHOD("Gc", "b", "s", method_gc),
	METHOD("Ping", NULL, NULL, method_ping),
	METHOD("Ready", NULL, NULL, method_ready),
	METHOD("Version", NULL, "s", method_version),
	SD_BUS_SIGNAL("Phase", "sst", 0),
	SD_BUS_VTABLE_END,
};

/* A client that takes us for a message bus, as busctl does, says Hello and wants a name for itself.
 */
static int method_hello(sd_bus_message *message, void *data, sd_bus_error *error)
{
	(void)data;
	(void)error;
	return sd_bus_reply_method_return(message, "s", ":1.1");
}

static const sd_bus_vtable greeter[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("Hello", NULL, "s", method_hello),
	SD_BUS_VTABLE_END,
};

int methods_add(struct client *client)
{
	int err = sd_bus_add_object_vtable(client->connection, NULL, BUS_PATH, BUS_INTERFACE,
					   manager, client);

	if (err < 0)
		return err;
	return sd_bus_add_object_vtable(client->connection, NULL, "/org/freedesktop/DBus",
					"org.freedesktop.DBus", greeter, client);
}
