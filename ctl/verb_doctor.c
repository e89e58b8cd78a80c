/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor: what this kernel can do, found by trying it here, and what a unit has of it. */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "ctl/ask.h"
#include "ctl/offline.h"
#include "ctl/verb.h"
#include "daemon/kernel/feature.h"
#include "lib/cleanup.h"
#include "lib/macro.h"

static const struct output_field columns[] = {
	{"FEATURE", "name", OUTPUT_TEXT},    {"HERE", "here", OUTPUT_TEXT},
	{"HOOKS", "hooks", OUTPUT_TEXT},     {"PROBED", "probed", OUTPUT_TEXT},
	{"REDUCED", "reduced", OUTPUT_TEXT},
};

static const struct ask_offline status_offline = {
	.is_there = offline_has_root, .answer = offline_status, .source = ASK_PINS_SAY};

/* Names of the hooks that lean on each feature; an empty list where all of the unit does. */
struct needs {
	json_t *hooks[FEATURE_MAX_];
};

static void free_needs(struct needs *needs)
{
	for (size_t i = 0; i < FEATURE_MAX_; i++)
		json_decref(needs->hooks[i]);
}

/* `hook` may be NULL: for the whole unit. */
static void need(struct needs *needs, enum feature feature, const json_t *hook)
{
	json_t **hooks = &needs->hooks[feature];
	json_t *name = json_object_get(hook, "name");

	if (!*hooks)
		*hooks = json_array();
	if (name)
		json_array_append(*hooks, name);
}

static bool text_is(const json_t *value, const char *text)
{
	return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

static bool has_events(const json_t *status)
{
	const json_t *events = json_object_get(status, "events");

	/* Without a daemon nobody says whether there are rings. */
	return !events || json_array_size(events) > 0;
}

static void read_hook(struct needs *needs, const json_t *hook, bool has_events)
{
	const char *text = json_string_value(json_object_get(hook, "attach"));
	const struct feature_needs *of_kind;
	struct attach attach;

	/* Of a daemon of another version, which may know more kinds, its ways are told all the
	 * same. */
	if (text && attach_parse(text, &attach, NULL) == 0) {
		of_kind = feature_needs_of(attach.kind);
		for (size_t i = 0; i < of_kind->count; i++)
			need(needs, of_kind->features[i], hook);
	}
	if (!text_is(json_object_get(hook, "way"), "overlap"))
		return;
	need(needs, FEATURE_SLEEPABLE, hook);
	if (has_events)
		need(needs, FEATURE_SLEEPABLE_RING, hook);
	need(needs, FEATURE_SLEEPABLE_TAIL_CALL, hook);
}

/* From what `status` says of a unit. */
static void read_needs(struct needs *needs, const json_t *status)
{
	const json_t *hook;
	size_t i;

	json_array_foreach (json_object_get(status, "hooks"), i, hook)
		read_hook(needs, hook, has_events(status));
	need(needs, FEATURE_MEMBARRIER, NULL);
	if (!has_events(status))
		return;
	need(needs, FEATURE_RING_BUFFER, NULL);
	need(needs, FEATURE_ATOMIC_FETCH, NULL);
}

/* A feature that is there reduces nothing. */
static json_t *describe_feature(const struct feature_row *row, bool here, json_t *hooks)
{
	json_t *json = json_pack("{s:s, s:b, s:s}", "name", row->name, "here", (int)here, "probed",
				 row->how);

	json_object_set_new(json, "reduced", here ? json_null() : json_string(row->worse));
	if (json_array_size(hooks) > 0)
		json_object_set(json, "hooks", hooks);
	return json;
}

/* Of a unit (`needs`), or of the kernel (NULL). Returns how many features are not there. */
static json_int_t describe(const bool has[FEATURE_MAX_], const struct needs *needs, json_t *list)
{
	json_int_t missing = 0;

	for (size_t i = 0; i < FEATURE_MAX_; i++) {
		if (needs && !needs->hooks[i])
			continue;
		missing += !has[i];
		json_array_append_new(list, describe_feature(&feature_rows[i], has[i],
							     needs ? needs->hooks[i] : NULL));
	}
	return missing;
}

static json_t *report(const char *unit, const struct needs *needs, const bool has[FEATURE_MAX_])
{
	json_t *features = json_array();
	json_int_t missing = describe(has, needs, features);
	struct utsname kernel = {0};

	uname(&kernel);
	return json_pack("{s:s, s:s?, s:I, s:o}", "kernel", kernel.release, "unit", unit, "missing",
			 missing, "features", features);
}

static void print_report(FILE *out, const json_t *report)
{
	const json_t *features = json_object_get(report, "features");

	fputs("Linux ", out);
	output_value(out, json_object_get(report, "kernel"), OUTPUT_TEXT);
	fprintf(out, ": %zu features probed, %" JSON_INTEGER_FORMAT " not there\n",
		json_array_size(features), json_integer_value(json_object_get(report, "missing")));
	output_table(out, features, columns, ARRAY_SIZE(columns));
}

static int read_unit(const struct invocation *invocation, const char *unit, struct needs *needs,
		     struct failure *reterr_failure)
{
	cleanup_json json_t *status = NULL;
	int err = verb_unit_name(unit, reterr_failure);

	if (!err)
		err = ask_daemon_or_files(invocation, "Status", unit, &status_offline, &status,
					  reterr_failure);
	if (!err)
		read_needs(needs, status);
	return err;
}

static int probe(bool ret[FEATURE_MAX_], struct failure *reterr_failure)
{
	int err = feature_probe_all(ret);

	if (err == -EPERM)
		return failure_set(reterr_failure, OUTCOME_NOT_PERMITTED, err,
				   "probing takes the privileges of ebpfd; run doctor as root");
	return err ? failure_set_errno(reterr_failure, OUTCOME_FAILED, err, "cannot probe") : 0;
}

/* The kernel as it is is no failure; a unit that lacks something is. */
int verb_doctor(const struct invocation *invocation, struct failure *reterr_failure)
{
	const char *unit = invocation->operand_count ? invocation->operands[0] : NULL;
	struct needs needs = {0};
	bool has[FEATURE_MAX_];
	cleanup_json json_t *answer = NULL;
	int err = unit ? read_unit(invocation, unit, &needs, reterr_failure) : 0;

	if (!err)
		err = probe(has, reterr_failure);
	if (!err)
		answer = report(unit, unit ? &needs : NULL, has);
	free_needs(&needs);
	if (err)
		return err;
	if (invocation->format == OUTPUT_JSON)
		output_json(invocation->out, answer);
	else if (!invocation->quiet)
		print_report(invocation->out, answer);
	return unit && json_integer_value(json_object_get(answer, "missing")) ? OUTCOME_FAILED : 0;
}
