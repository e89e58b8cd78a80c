/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/object_diff.h"

#include "ctl/output.h"
#include "lib/macro.h"

static const struct output_field fields[] = {
	{"Safe", "safe", OUTPUT_TEXT},
	{"Reasons", "reasons", OUTPUT_LINES},
};

static const struct output_field program_columns[] = {
	{"PROGRAM", "name", OUTPUT_TEXT},
	{"CHANGE", "change", OUTPUT_TEXT},
	{"TYPE", "type", OUTPUT_TEXT},
	{"SECTION", "section", OUTPUT_TEXT},
	{"INSTRUCTIONS", "insns", OUTPUT_CHANGE},
	{"CHANGES", "changes", OUTPUT_TEXT},
};

static const struct output_field map_columns[] = {
	{"MAP", "name", OUTPUT_TEXT},	     {"CHANGE", "change", OUTPUT_TEXT},
	{"KEPT", "kept", OUTPUT_TEXT},	     {"TYPE", "type", OUTPUT_TEXT},
	{"CHANGES", "changes", OUTPUT_TEXT},
};

static const struct output_field record_columns[] = {
	{"RECORD", "name", OUTPUT_TEXT},
	{"CHANGE", "change", OUTPUT_TEXT},
	{"CHANGES", "changes", OUTPUT_TEXT},
};

static const struct {
	const char *key;
	const struct output_field *columns;
	size_t count;
} parts[] = {
	{"programs", program_columns, ARRAY_SIZE(program_columns)},
	{"maps", map_columns, ARRAY_SIZE(map_columns)},
	{"records", record_columns, ARRAY_SIZE(record_columns)},
};

int object_diff(const struct loader *loader, const struct object_file *former,
		const struct object_file *object, const struct object_units *units, json_t **ret,
		struct failure *reterr_failure)
{
	struct loader_arguments arguments = {0};
	const char *const words[] = {"--diff", "--former-path", former->path, "--object-path",
				     object->path};
	const struct loader_input input = {
		.object_fd = object->fd, .former_fd = former->fd, .log_fd = -1};
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		loader_arguments_add(&arguments, words[i]);
	object_units_add_arguments(units, object->path, &arguments);
	err = loader_run(loader, &arguments, &input, ret, reterr_failure);
	loader_arguments_deinit(&arguments);
	return err;
}

bool object_diff_is_safe(const json_t *diff)
{
	return json_is_true(json_object_get(diff, "safe"));
}

static void print_side(FILE *out, const json_t *side)
{
	output_value(out, json_object_get(side, "path"), OUTPUT_TEXT);
	fputs(" (", out);
	output_value(out, json_object_get(side, "digest"), OUTPUT_DIGEST);
	putc(')', out);
}

void object_diff_print(FILE *out, const json_t *diff)
{
	print_side(out, json_object_get(diff, "former"));
	fputs(" -> ", out);
	print_side(out, json_object_get(diff, "object"));
	putc('\n', out);
	output_block(out, diff, fields, ARRAY_SIZE(fields));
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const json_t *rows = json_object_get(diff, parts[i].key);

		if (json_array_size(rows) == 0)
			continue;
		putc('\n', out);
		output_table(out, rows, parts[i].columns, parts[i].count);
	}
}
