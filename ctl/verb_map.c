/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A unit's maps: list, dump, get, set, delete. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/verb.h"
#include "lib/macro.h"
#include "lib/str.h"
#include "lib/utf8.h"

/* What each line of a dump begins with, and the last one. */
#define LAST_LINE "{\"end\":"

static const struct output_field list_columns[] = {
	{"MAP", "name", OUTPUT_TEXT},
	{"TYPE", "type", OUTPUT_TEXT},
	{"KEY", "key", OUTPUT_TEXT},
	{"VALUE", "value", OUTPUT_TEXT},
	{"ENTRIES", "max_entries", OUTPUT_NUMBER},
	{"CPUS", "cpus", OUTPUT_NUMBER},
	{"KEPT", "kept", OUTPUT_TEXT},
	{"SHARED", "shared", OUTPUT_TEXT},
	{"ID", "id", OUTPUT_NUMBER},
	{"PROBLEM", "problem", OUTPUT_TEXT},
};

/* ---- what is asked for ---------------------------------------------------------------------- */

/* UNIT/MAP. `unit` is the caller's to free. */
static int split_name(const char *text, char **ret_unit, const char **ret_map,
		      struct failure *reterr_failure)
{
	const char *slash = strchr(text, '/');
	cleanup_free char *unit = NULL;
	int err;

	if (!slash || !slash[1])
		return failure_set(reterr_failure, OUTCOME_USAGE, -EINVAL,
				   "%s: must be UNIT/MAP; `ebpfctl map list UNIT` shows the maps",
				   text);
	unit = strndup(text, (size_t)(slash - text));
	if (!unit)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -ENOMEM, "%s", text);
	err = verb_unit_name(unit, reterr_failure);
	if (err)
		return err;
	*ret_unit = TAKE_PTR(unit);
	*ret_map = slash + 1;
	return 0;
}

/* Only that can be sent. */
static int check_utf8(const char *text, struct failure *reterr_failure)
{
	if (utf8_is_valid(text, strlen(text)))
		return 0;
	return failure_set(
		reterr_failure, OUTCOME_USAGE, -EINVAL,
		"keys and values must be UTF-8; bytes can be written in hex, with hex in "
		"Format=");
}

/* The operands behind UNIT/MAP are the method's arguments, behind the map. */
struct question {
	char *unit;
	const char *arguments[4]; /* map, key, value, NULL */
	struct client_option options[3];
	struct client_operation operation;
};

static void question_deinit(struct question *question)
{
	free(question->unit);
}

static int read_question(const struct invocation *invocation, const char *method, bool as_rows,
			 struct question *question, struct failure *reterr_failure)
{
	int err = verb_check_numbers(invocation->numbers, reterr_failure);
	size_t count = 0;

	if (!err)
		err = split_name(invocation->operands[0], &question->unit, &question->arguments[0],
				 reterr_failure);
	for (size_t i = 0; !err && i < invocation->operand_count; i++) {
		err = check_utf8(invocation->operands[i], reterr_failure);
		if (i > 0)
			question->arguments[i] = invocation->operands[i];
	}
	question->options[count++] = (struct client_option){
		.name = "numbers", .text = verb_numbers(invocation, as_rows)};
	if (!err && invocation->inner) {
		err = check_utf8(invocation->inner, reterr_failure);
		question->options[count++] =
			(struct client_option){.name = "inner", .text = invocation->inner};
	}
	if (invocation->each_cpu)
		question->options[count++] =
			(struct client_option){.name = "each-cpu", .is_truth = true, .truth = true};
	question->operation = (struct client_operation){.method = method,
							.unit = question->unit,
							.arguments = question->arguments,
							.options = question->options,
							.option_count = count};
	return err;
}

/* ---- rows ----------------------------------------------------------------------------------- */

/* Each column is as wide as its widest cell so far. */
struct rows {
	size_t key_width;
};

static void put_row(FILE *out, struct rows *rows, const char *line, size_t length)
{
	cleanup_json json_t *entry = json_loadb(line, length, 0, NULL);
	const json_t *value = json_object_get(entry, "value");
	cleanup_free char *key = NULL;
	size_t key_length = 0;
	FILE *text = open_memstream(&key, &key_length);

	if (!text)
		return;
	output_value(text, json_object_get(entry, "key"), OUTPUT_TEXT);
	if (fclose(text) != 0)
		return;
	rows->key_width = MAX(rows->key_width, key_length);
	fprintf(out, "%-*s  ", (int)rows->key_width, key);
	output_value(out, value ? value : json_object_get(entry, "values"), OUTPUT_TEXT);
	putc('\n', out);
}

/* ---- dump ----------------------------------------------------------------------------------- */

/* What the last line says. `line` NULL: there was none. */
static int read_last(const char *line, size_t length, struct failure *reterr_failure)
{
	cleanup_json json_t *last = line ? json_loadb(line, length, 0, NULL) : NULL;
	const json_t *end = json_object_get(last, "end");
	const char *error = json_string_value(json_object_get(end, "error"));

	if (!end)
		return failure_set(reterr_failure, OUTCOME_FAILED, -EPIPE,
				   "the dump was cut off: it was read too slowly, or the daemon "
				   "ended");
	if (error)
		return failure_set(reterr_failure, OUTCOME_FAILED, -EIO,
				   "the dump ended early: the kernel says: %s", error);
	if (!json_is_true(json_object_get(end, "complete")))
		return failure_set(reterr_failure, OUTCOME_FAILED, -EAGAIN,
				   "the dump gave up: entries were deleted faster than the map "
				   "could be walked, so that some came twice and others never");
	return 0;
}

static int copy_entries(FILE *stream, const struct invocation *invocation, bool as_rows,
			struct failure *reterr_failure)
{
	cleanup_free char *line = NULL;
	struct rows rows = {};
	size_t room = 0;
	ssize_t length;

	while ((length = getline(&line, &room, stream)) > 0 && !ferror(invocation->out)) {
		if (str_has_prefix(line, LAST_LINE, NULL))
			return read_last(line, (size_t)length, reterr_failure);
		if (as_rows)
			put_row(invocation->out, &rows, line, (size_t)length);
		else
			fwrite(line, 1, (size_t)length, invocation->out);
	}
	return ferror(invocation->out) ? 0 : read_last(NULL, 0, reterr_failure);
}

int verb_map_dump(const struct invocation *invocation, struct failure *reterr_failure)
{
	cleanup_client struct client *client = NULL;
	CLEANUP(question_deinit) struct question question = {};
	cleanup_fclose FILE *stream = NULL;
	bool as_rows = verb_wants_rows(invocation);
	cleanup_close int fd = -1;
	int err = read_question(invocation, "MapDump", as_rows, &question, reterr_failure);

	if (!err)
		err = client_open(invocation->runtime_directory, &client, reterr_failure);
	if (!err)
		err = client_ask_fd(client, &question.operation, &fd, reterr_failure);
	if (err)
		return err;
	stream = fdopen(fd, "r");
	if (!stream)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -errno, "cannot read");
	(void)TAKE_FD(fd);
	return copy_entries(stream, invocation, as_rows, reterr_failure);
}

/* ---- one entry ------------------------------------------------------------------------------ */

static int ask(const struct invocation *invocation, const char *method, bool as_rows,
	       char **ret_answer, struct failure *reterr_failure)
{
	cleanup_client struct client *client = NULL;
	CLEANUP(question_deinit) struct question question = {};
	int err = read_question(invocation, method, as_rows, &question, reterr_failure);

	if (!err)
		err = client_open(invocation->runtime_directory, &client, reterr_failure);
	return err ? err : client_ask_with(client, &question.operation, ret_answer, reterr_failure);
}

int verb_map_get(const struct invocation *invocation, struct failure *reterr_failure)
{
	cleanup_free char *line = NULL;
	cleanup_json json_t *entry = NULL;
	const json_t *value;
	bool as_rows = invocation->format == OUTPUT_TABLE;
	int err = ask(invocation, "MapGet", as_rows, &line, reterr_failure);

	if (err)
		return err;
	if (!as_rows) {
		fprintf(invocation->out, "%s\n", line);
		return 0;
	}
	entry = json_loads(line, 0, NULL);
	value = json_object_get(entry, "value");
	output_value(invocation->out, value ? value : json_object_get(entry, "values"),
		     OUTPUT_TEXT);
	putc('\n', invocation->out);
	return 0;
}

/* There is nothing to show of it: for programs, that it is done. */
static int change(const struct invocation *invocation, const char *method,
		  struct failure *reterr_failure)
{
	cleanup_json json_t *done = json_pack("{s:s}", "outcome", outcome_name(OUTCOME_DONE));
	int err = ask(invocation, method, false, NULL, reterr_failure);

	if (!err && invocation->format == OUTPUT_JSON)
		output_json(invocation->out, done);
	return err;
}

int verb_map_set(const struct invocation *invocation, struct failure *reterr_failure)
{
	return change(invocation, "MapSet", reterr_failure);
}

int verb_map_delete(const struct invocation *invocation, struct failure *reterr_failure)
{
	return change(invocation, "MapDelete", reterr_failure);
}

/* ---- list ----------------------------------------------------------------------------------- */

int verb_map_list(const struct invocation *invocation, struct failure *reterr_failure)
{
	cleanup_client struct client *client = NULL;
	cleanup_json json_t *answer = NULL;
	const json_t *maps;
	int err = verb_unit_name(invocation->operands[0], reterr_failure);

	if (!err)
		err = client_open(invocation->runtime_directory, &client, reterr_failure);
	if (!err)
		err = client_ask_json(client, "MapList", invocation->operands[0], &answer,
				      reterr_failure);
	if (err)
		return err;
	maps = json_object_get(answer, "maps");
	if (invocation->format == OUTPUT_JSON)
		output_json(invocation->out, answer);
	else if (json_array_size(maps) == 0)
		fputs("no maps\n", invocation->out);
	else
		output_table(invocation->out, maps, list_columns, ARRAY_SIZE(list_columns));
	return 0;
}
