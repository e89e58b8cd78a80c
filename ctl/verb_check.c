/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check: unit files are read as the daemon would, without one. */
#include <stdbool.h>
#include <string.h>

#include "config/unit_file.h"
#include "ctl/verb.h"
#include "lib/cleanup.h"

static void print_good(const struct invocation *invocation, const char *path,
		       const struct unit_file *file)
{
	if (invocation->quiet)
		return;
	output_text(invocation->out, path);
	fprintf(invocation->out, ": ok, unit %s, %zu hook%s\n", file->name, file->hook_count,
		file->hook_count == 1 ? "" : "s");
}

static json_t *good_report(const char *path, const struct unit_file *file)
{
	return json_pack("{s:o, s:b, s:s, s:i, s:[]}", "file", output_json_string(path), "ok", 1,
			 "unit", file->name, "hooks", (int)file->hook_count, "errors");
}

/* Each error is a line of the failure, and says where it is. */
static void print_bad(const struct invocation *invocation, const struct failure *failure)
{
	output_text(invocation->err, failure->text);
	putc('\n', invocation->err);
}

static json_t *error_list(const struct failure *failure)
{
	json_t *errors = json_array();
	char text[FAILURE_TEXT_MAX];
	char *rest = text;
	const char *line;

	memcpy(text, failure->text, sizeof(text));
	while ((line = strsep(&rest, "\n")))
		json_array_append_new(errors, output_json_string(line));
	return errors;
}

static json_t *bad_report(const char *path, const struct failure *failure)
{
	return json_pack("{s:o, s:b, s:o}", "file", output_json_string(path), "ok", 0, "errors",
			 error_list(failure));
}

/* Whether the file is good. Says so at once for people, in `reports` for programs. */
static bool check_file(const struct invocation *invocation, const char *path, json_t *reports)
{
	cleanup_unit_file struct unit_file *file = NULL;
	struct failure failure = {};
	bool good = unit_file_open(path, NULL, &file, &failure) == 0;

	if (invocation->format == OUTPUT_JSON)
		json_array_append_new(reports,
				      good ? good_report(path, file) : bad_report(path, &failure));
	else if (good)
		print_good(invocation, path, file);
	else
		print_bad(invocation, &failure);
	return good;
}

int verb_check(const struct invocation *invocation, struct failure *reterr_failure)
{
	cleanup_json json_t *reports = json_array();
	bool good = true;

	(void)reterr_failure;
	for (size_t i = 0; i < invocation->operand_count; i++)
		good &= check_file(invocation, invocation->operands[i], reports);
	if (invocation->format == OUTPUT_JSON)
		output_json(invocation->out, reports);
	return good ? 0 : OUTCOME_FAILED;
}
