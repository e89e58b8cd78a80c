/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/object_verify.h"

#include <stdarg.h>
#include <string.h>

#include "ctl/output.h"
#include "ctl/receipt.h"
#include "ctl/regular_file.h"
#include "lib/cleanup.h"
#include "lib/macro.h"

/* What others have pinned has no part in it: a folder that is not there. */
#define NO_ROOT "/nonexistent"

enum outcome object_verify_outcome(const json_t *verified)
{
	const char *name = json_string_value(json_object_get(verified, "outcome"));

	return name ? outcome_from_name(name) : OUTCOME_FAILED;
}

/* ---- findings ---- */

/* "" where there is no such text. */
static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* An object that does not fit is worse news than one of which nothing can be said. */
static void worsen(json_t *verified, enum outcome outcome)
{
	enum outcome so_far = object_verify_outcome(verified);

	if (outcome_exit_code(outcome) > outcome_exit_code(so_far))
		json_object_set_new(verified, "outcome", json_string(outcome_name(outcome)));
}

static void add_reason(json_t *verified, const char *format, ...) PRINTF_LIKE(2, 3);

static void add_reason(json_t *verified, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	json_array_append_new(json_object_get(verified, "reasons"), json_vsprintf(format, values));
	va_end(values);
}

static void note_failure(json_t *report, const struct failure *failure)
{
	worsen(report, failure->outcome);
	json_object_set_new(report, "message", output_json_string(failure->text));
}

/* ---- the object alone ---- */

static bool verify_alone(const struct verification *verification, const struct object_file *object,
			 json_t *verified)
{
	const struct loader_input input = {
		.object_fd = object->fd, .former_fd = -1, .log_fd = verification->log_fd};
	struct loader_arguments arguments = {0};
	cleanup_json json_t *report = NULL;
	struct failure failure;
	int err;

	loader_arguments_add(&arguments, "--verify");
	err = loader_run(verification->loader, &arguments, &input, &report, &failure);
	loader_arguments_deinit(&arguments);
	if (err)
		note_failure(verified, &failure);
	else
		json_object_update_missing(verified, report);
	return !err;
}

/* ---- against a former object ---- */

static void compare(const struct verification *verification, const struct object_file *object,
		    json_t *verified)
{
	json_t *diff = NULL;
	struct failure failure;
	const json_t *reason;
	size_t i;

	if (object_diff(verification->loader, verification->former, object, verification->units,
			&diff, &failure) < 0) {
		note_failure(verified, &failure);
		return;
	}
	if (!object_diff_is_safe(diff))
		worsen(verified, OUTCOME_REFUSED);
	json_array_foreach (json_object_get(diff, "reasons"), i, reason)
		add_reason(verified, "%s", json_string_value(reason));
	json_object_set_new(verified, "against", diff);
}

/* ---- against its units ---- */

static int plan(const struct verification *verification, const struct object_file *object,
		const struct unit_file *file, json_t **ret, struct failure *reterr_failure)
{
	const struct loader_input input = {.object_fd = object->fd,
					   .former_fd = -1,
					   .config = file->text,
					   .log_fd = verification->log_fd};
	const char *const words[] = {"--plan",	    "--elsewhere", "--root",	    NO_ROOT,
				     "--unit",	    file->name,	   "--object-path", object->path,
				     "--file-path", file->path,	   "--generation",  "1"};
	struct loader_arguments arguments = {0};
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		loader_arguments_add(&arguments, words[i]);
	err = loader_run(verification->loader, &arguments, &input, ret, reterr_failure);
	loader_arguments_deinit(&arguments);
	return err;
}

static void verify_unit(const struct verification *verification, const struct object_file *object,
			const struct unit_file *file, json_t *verified)
{
	json_t *unit =
		json_pack("{s:s, s:o, s:s}", "unit", file->name, "file",
			  output_json_string(file->path), "outcome", outcome_name(OUTCOME_DONE));
	cleanup_json json_t *report = NULL;
	struct failure failure;

	if (plan(verification, object, file, &report, &failure) < 0) {
		note_failure(unit, &failure);
		add_reason(verified, "unit %s: %s", file->name, failure.text);
	} else {
		json_object_del(report, "outcome");
		json_object_del(report, "store_error");
		json_object_update_missing(unit, report);
	}
	worsen(verified, object_verify_outcome(unit));
	json_array_append_new(json_object_get(verified, "units"), unit);
}

/* Whether one of the units has loaded the program, whose section says too little. */
static bool a_unit_loaded(const json_t *verified, const char *program)
{
	const json_t *unit, *row;
	size_t i, k;

	json_array_foreach (json_object_get(verified, "units"), i, unit)
		json_array_foreach (json_object_get(unit, "verifier"), k, row)
			if (strcmp(text_of(row, "program"), program) == 0)
				return true;
	return false;
}

/* What nobody has loaded is not good; units may have, since they know more of it. */
static void judge_unverified(json_t *verified)
{
	json_t *list = json_object_get(verified, "unverified");

	for (size_t i = json_array_size(list); i-- > 0;) {
		const json_t *row = json_array_get(list, i);
		const char *program = text_of(row, "program");

		if (a_unit_loaded(verified, program))
			json_array_remove(list, i);
		else if (!json_is_true(json_object_get(row, "optional"))) {
			worsen(verified, OUTCOME_REFUSED);
			add_reason(verified,
				   "function %s: %s, and no unit file has a hook for it (--units), "
				   "so that it was not loaded",
				   program, text_of(row, "why"));
		}
	}
}

static void verify_file(const struct verification *verification, const struct object_file *object,
			json_t *verified)
{
	const struct object_units *units = verification->units;
	bool good = verify_alone(verification, object, verified);

	/* Also of an object that the verifier refused: it is what was changed. */
	if (verification->former && (good || object_verify_outcome(verified) == OUTCOME_REFUSED))
		compare(verification, object, verified);
	if (!good)
		return;
	for (size_t i = 0; i < units->count; i++)
		if (object_units_is_of(units->files[i], object->path))
			verify_unit(verification, object, units->files[i], verified);
	judge_unverified(verified);
}

json_t *object_verify(const struct verification *verification, const char *path)
{
	json_t *verified = json_pack("{s:o, s:s, s:[], s:[]}", "object", output_json_string(path),
				     "outcome", outcome_name(OUTCOME_DONE), "reasons", "units");
	struct failure failure;
	cleanup_close int fd = regular_file_open(path, OUTCOME_FAILED, &failure);

	if (fd < 0)
		note_failure(verified, &failure);
	else
		verify_file(verification, &(struct object_file){path, fd}, verified);
	return verified;
}

/* ---- for people ---- */

static const struct output_field fields[] = {
	{"SHA-256", "digest", OUTPUT_DIGEST},
	{"Memory", "memory", OUTPUT_TEXT},
	{"Message", "message", OUTPUT_TEXT},
	{"Reasons", "reasons", OUTPUT_LINES},
};

static const struct output_field unverified_columns[] = {
	{"NOT LOADED", "program", OUTPUT_TEXT},
	{"SECTION", "section", OUTPUT_TEXT},
	{"WHY", "why", OUTPUT_TEXT},
};

/* "good", or what else the outcome means here. */
static const char *result_of(const json_t *report)
{
	switch (object_verify_outcome(report)) {
	case OUTCOME_DONE:
		return "good";
	case OUTCOME_REFUSED:
		return "does not fit";
	default:
		return "cannot be judged";
	}
}

static void print_headline(FILE *out, const char *before, const json_t *name, const json_t *report)
{
	fputs(before, out);
	output_value(out, name, OUTPUT_TEXT);
	fprintf(out, ": %s\n", result_of(report));
}

void object_verify_print(FILE *out, const json_t *verified)
{
	const json_t *unverified = json_object_get(verified, "unverified");
	const json_t *unit;
	size_t i;

	print_headline(out, "", json_object_get(verified, "object"), verified);
	output_block(out, verified, fields, ARRAY_SIZE(fields));
	receipt_print_parts(out, verified);
	if (json_array_size(unverified) > 0)
		putc('\n', out);
	output_table(out, unverified, unverified_columns, ARRAY_SIZE(unverified_columns));
	json_array_foreach (json_object_get(verified, "units"), i, unit) {
		print_headline(out, "\nunit ", json_object_get(unit, "unit"), unit);
		receipt_print_parts(out, unit);
	}
	if (!json_object_get(verified, "against"))
		return;
	putc('\n', out);
	object_diff_print(out, json_object_get(verified, "against"));
}
