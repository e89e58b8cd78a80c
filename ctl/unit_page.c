/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/unit_page.h"

#include <stdbool.h>
#include <string.h>

#include "ctl/asked_by.h"
#include "ctl/output.h"
#include "ctl/receipt.h"
#include "lib/cleanup.h"
#include "lib/macro.h"
#include "lib/str.h"

static const struct output_field fields[] = {
	{"State", "state", OUTPUT_TEXT},
	{"Reason", "reason", OUTPUT_TEXT},
	{"Remark", "remark", OUTPUT_TEXT},
	{"Operation", "operation", OUTPUT_TEXT},
	{"Generation", "at", OUTPUT_TEXT},
	{"Override", "override", OUTPUT_TEXT},
	{"File", "file", OUTPUT_TEXT},
	{"Object", "origin", OUTPUT_TEXT},
	{"Hooks", "hooks", OUTPUT_LINES},
	{"Maps", "maps", OUTPUT_LINES},
	{"Events", "events", OUTPUT_LINES},
	{"Readers", "subscribers", OUTPUT_LINES},
	{"Last operation", "last", OUTPUT_LINES},
};

/* ---- texts ---- */

typedef void write_function(FILE *out, const json_t *of);

/* What the function writes of the object, as a JSON string; null where that is nothing. */
static json_t *written(write_function *write, const json_t *of)
{
	cleanup_free char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return json_null();
	write(out, of);
	return fclose(out) == 0 && *text ? output_json_string(text) : json_null();
}

static bool has(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return value && !json_is_null(value);
}

/* BEFORE VALUE BEHIND, where there is a value. */
static void put(FILE *out, const char *before, const json_t *object, const char *key,
		enum output_kind kind, const char *behind)
{
	if (!has(object, key))
		return;
	fputs(before, out);
	output_value(out, json_object_get(object, key), kind);
	fputs(behind, out);
}

static bool is_text(const json_t *object, const char *key, const char *text)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value && strcmp(value, text) == 0;
}

static bool is_above_zero(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key)) > 0;
}

/* ---- the head ---- */

static void write_state(FILE *out, const json_t *status)
{
	put(out, "", status, "state", OUTPUT_TEXT, "");
	put(out, " since ", status, "since_usec", OUTPUT_SINCE, "");
}

static void write_generation(FILE *out, const json_t *status)
{
	put(out, "", status, "generation", OUTPUT_GENERATION, "");
	put(out, ", bank ", status, "bank", OUTPUT_TEXT, "");
	if (is_above_zero(status, "former"))
		put(out, ", former ", status, "former", OUTPUT_GENERATION, "");
}

static void write_override(FILE *out, const json_t *status)
{
	if (!is_text(status, "override", "none"))
		put(out, "", status, "override", OUTPUT_TEXT, "");
}

static void write_origin(FILE *out, const json_t *status)
{
	put(out, "", status, "object", OUTPUT_TEXT, "");
	put(out, " (", status, "digest", OUTPUT_DIGEST, ")");
}

/* ---- a row each ---- */

static void write_hook(FILE *out, const json_t *hook)
{
	put(out, "", hook, "name", OUTPUT_TEXT, "");
	put(out, "  ", hook, "attach", OUTPUT_TEXT, "");
	put(out, " by ", hook, "way", OUTPUT_TEXT, "");
	put(out, ", ", hook, "program", OUTPUT_TEXT, "");
	if (!is_text(hook, "state", "attached"))
		put(out, ", ", hook, "state", OUTPUT_TEXT, "");
	put(out, ", next attempt ", hook, "next_attempt_usec", OUTPUT_TIME, "");
}

static void write_runs(FILE *out, const json_t *hook)
{
	put(out, ", ", hook, "runs", OUTPUT_NUMBER, " runs");
	put(out, " of ", hook, "mean_ns", OUTPUT_NUMBER, " ns");
	if (is_above_zero(hook, "missed"))
		put(out, ", ", hook, "missed", OUTPUT_NUMBER, " missed");
	if (is_above_zero(hook, "skipped"))
		put(out, ", ", hook, "skipped", OUTPUT_NUMBER, " skipped");
	put(out, ", verdicts ", hook, "verdicts", OUTPUT_COUNTS, "");
}

static void write_note(FILE *out, const json_t *hook)
{
	put(out, "", hook, "note", OUTPUT_TEXT, "");
}

static void write_map(FILE *out, const json_t *map)
{
	put(out, "", map, "name", OUTPUT_TEXT, "");
	put(out, "  ", map, "type", OUTPUT_TEXT, "");
	put(out, ", max ", map, "max_entries", OUTPUT_NUMBER, "");
	if (json_is_true(json_object_get(map, "kept")))
		fputs(", kept", out);
	put(out, ", shared as ", map, "shared", OUTPUT_TEXT, "");
	put(out, " by ", map, "users", OUTPUT_TEXT, "");
}

static void write_ring(FILE *out, const json_t *ring)
{
	put(out, "", ring, "ring", OUTPUT_TEXT, "");
	put(out, "  generation ", ring, "generation", OUTPUT_GENERATION, ": ");
	put(out, "", ring, "consumed", OUTPUT_NUMBER, " consumed");
	put(out, ", ", ring, "failed", OUTPUT_NUMBER, " failed");
	put(out, ", ", ring, "in_ring", OUTPUT_NUMBER, " in ring");
	put(out, ", to ", ring, "sink", OUTPUT_TEXT, "");
}

static void write_ring_errors(FILE *out, const json_t *ring)
{
	if (is_above_zero(ring, "dropped"))
		put(out, ", ", ring, "dropped", OUTPUT_NUMBER, " dropped");
	if (is_above_zero(ring, "mismatched"))
		put(out, ", ", ring, "mismatched", OUTPUT_NUMBER, " mismatched");
	put(out, ", not read any more: ", ring, "ring_error", OUTPUT_TEXT, "");
	put(out, ", the sink: ", ring, "sink_error", OUTPUT_TEXT, "");
}

static void write_reader(FILE *out, const json_t *subscriber)
{
	put(out, "", subscriber, "subscriber", OUTPUT_NUMBER, "");
	put(out, "  uid ", subscriber, "uid", OUTPUT_NUMBER, "");
	put(out, ", ", subscriber, "delivered", OUTPUT_NUMBER, " delivered");
	put(out, ", ", subscriber, "lost", OUTPUT_NUMBER, " lost");
}

/* Whatever is written first begins the line: the comma before it goes. */
static void add_line(json_t *lines, const char *indent, write_function *write, const json_t *of)
{
	json_t *line = written(write, of);
	const char *text = json_string_value(line);

	if (text) {
		(void)str_has_prefix(text, ", ", &text);
		json_array_append_new(lines, json_sprintf("%s%s", indent, text));
	}
	json_decref(line);
}

/* Each object of the list by all of the functions, a line each, up to NULL; the first is a head. */
static json_t *lines_of(const json_t *list, write_function *const *functions)
{
	size_t count = json_array_size(list);
	json_t *lines = json_array();

	for (size_t i = 0; i < count && i < UNIT_PAGE_ROWS; i++)
		for (write_function *const *write = functions; *write; write++)
			add_line(lines, write == functions ? "" : "    ", *write,
				 json_array_get(list, i));
	if (count > UNIT_PAGE_ROWS)
		json_array_append_new(lines, json_sprintf("and %zu more: status --full shows them",
							  count - UNIT_PAGE_ROWS));
	return lines;
}

/* ---- the last operation ---- */

static void write_end(FILE *out, const json_t *last)
{
	const json_t *error = json_object_get(last, "error");

	if (!error) {
		receipt_headline(out, last);
		return;
	}
	put(out, "", last, "operation", OUTPUT_TEXT, " failed: ");
	output_value(out, has(error, "message") ? json_object_get(error, "message") : error,
		     OUTPUT_TEXT);
}

static void write_when(FILE *out, const json_t *last)
{
	put(out, "", last, "time_usec", OUTPUT_SINCE, "");
	if (has(last, "usec")) {
		fputs(", took ", out);
		output_span(out, (uint64_t)json_integer_value(json_object_get(last, "usec")));
	}
}

static void write_asker(FILE *out, const json_t *last)
{
	json_t *text = asked_by_text(json_object_get(last, "asked_by"));

	if (json_is_string(text)) {
		fputs("asked for by ", out);
		output_text(out, json_string_value(text));
	}
	json_decref(text);
}

static json_t *last_lines(const json_t *last)
{
	json_t *lines = json_array();

	if (!json_is_object(last))
		return lines;
	add_line(lines, "", write_end, last);
	add_line(lines, "", write_when, last);
	add_line(lines, "", write_asker, last);
	return lines;
}

/* ---- all of it ---- */

/* The texts of `fields`, whose other members are the status's own. */
static json_t *make_page(const json_t *status)
{
	json_t *page = json_copy((json_t *)status);

	json_object_set_new(page, "state", written(write_state, status));
	json_object_set_new(page, "at", written(write_generation, status));
	json_object_set_new(page, "override", written(write_override, status));
	json_object_set_new(page, "origin", written(write_origin, status));
	json_object_set_new(page, "last", last_lines(json_object_get(status, "last")));
	return page;
}

/* Lists of the status become lines, or are left out. */
static void make_rows(json_t *page, bool shown)
{
	static write_function *const of_hook[] = {write_hook, write_runs, write_note, NULL};
	static write_function *const of_map[] = {write_map, NULL};
	static write_function *const of_ring[] = {write_ring, write_ring_errors, NULL};
	static write_function *const of_reader[] = {write_reader, NULL};
	static const struct {
		const char *key;
		write_function *const *functions;
	} lists[] = {{"hooks", of_hook},
		     {"maps", of_map},
		     {"events", of_ring},
		     {"subscribers", of_reader}};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		const char *key = lists[i].key;

		if (shown)
			json_object_set_new(
				page, key,
				lines_of(json_object_get(page, key), lists[i].functions));
		else
			json_object_del(page, key);
	}
}

void unit_page_print(FILE *out, const json_t *status, bool rows)
{
	cleanup_json json_t *page = make_page(status);

	make_rows(page, rows);
	put(out, "", status, "name", OUTPUT_TEXT, "");
	put(out, " - ", status, "description", OUTPUT_TEXT, "");
	putc('\n', out);
	output_block(out, page, fields, ARRAY_SIZE(fields));
}
