/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/receipt.h"

#include <string.h>

#include "ctl/output.h"
#include "lib/macro.h"

static const struct output_field receipt_fields[] = {
	{"Object", "object", OUTPUT_TEXT},     {"SHA-256", "digest", OUTPUT_DIGEST},
	{"Override", "override", OUTPUT_TEXT}, {"Again generation", "again", OUTPUT_GENERATION},
	{"Phases", "phases", OUTPUT_PHASES},   {"Safe", "safe", OUTPUT_TEXT},
	{"Reasons", "reasons", OUTPUT_LINES},  {"Mixed window", "mixed_window", OUTPUT_TEXT},
	{"Memory", "memory", OUTPUT_TEXT},     {"Note", "note", OUTPUT_LINES},
};

static const struct output_field hook_columns[] = {
	{"HOOK", "name", OUTPUT_TEXT},	       {"CHANGE", "change", OUTPUT_TEXT},
	{"FROM", "from", OUTPUT_TEXT},	       {"ATTACH", "attach", OUTPUT_TEXT},
	{"STATE", "state", OUTPUT_TEXT},       {"NEXT ATTEMPT", "next_attempt_usec", OUTPUT_TIME},
	{"WAY", "way", OUTPUT_TEXT},	       {"WHY", "why", OUTPUT_TEXT},
	{"PROGRAM", "program", OUTPUT_TEXT},   {"PROGRAM ID", "program_id", OUTPUT_NUMBER},
	{"LINK ID", "link_id", OUTPUT_NUMBER}, {"RUNS", "runs", OUTPUT_NUMBER},
	{"MISSED", "missed", OUTPUT_NUMBER},   {"SKIPPED", "skipped", OUTPUT_TEXT},
	{"MEAN NS", "mean_ns", OUTPUT_NUMBER}, {"VERDICTS", "verdicts", OUTPUT_COUNTS},
	{"NOTE", "note", OUTPUT_TEXT},
};

static const struct output_field map_columns[] = {
	{"MAP", "name", OUTPUT_TEXT},
	{"VERDICT", "verdict", OUTPUT_TEXT},
	{"KEPT", "kept", OUTPUT_TEXT},
	{"SHARED", "shared", OUTPUT_TEXT},
	{"USERS", "users", OUTPUT_TEXT},
	{"ID", "id", OUTPUT_NUMBER},
	{"TYPE", "type", OUTPUT_TEXT},
	{"KEY", "key_size", OUTPUT_NUMBER},
	{"VALUE", "value_size", OUTPUT_NUMBER},
	{"ENTRIES", "max_entries", OUTPUT_NUMBER},
	{"LEFT BEHIND", "left_behind", OUTPUT_NUMBER},
	{"CHANGES", "changes", OUTPUT_TEXT},
};

static const struct output_field ring_columns[] = {
	{"RING", "ring", OUTPUT_TEXT},
	{"GENERATION", "generation", OUTPUT_GENERATION},
	{"BANK", "bank", OUTPUT_TEXT},
	{"ATTEMPTED", "attempted", OUTPUT_NUMBER},
	{"FAILED", "failed", OUTPUT_NUMBER},
	{"CONSUMED", "consumed", OUTPUT_NUMBER},
	{"IN RING", "in_ring", OUTPUT_NUMBER},
	{"RING ERROR", "ring_error", OUTPUT_TEXT},
	{"AGAIN", "again", OUTPUT_NUMBER},
	{"IDENTITY", "identity", OUTPUT_TEXT},
	{"SINK", "sink", OUTPUT_TEXT},
	{"DELIVERED", "delivered", OUTPUT_NUMBER},
	{"DROPPED", "dropped", OUTPUT_NUMBER},
	{"MISMATCHED", "mismatched", OUTPUT_NUMBER},
	{"SINK ERROR", "sink_error", OUTPUT_TEXT},
};

static const struct output_field subscriber_columns[] = {
	{"SUBSCRIBER", "subscriber", OUTPUT_NUMBER},
	{"UID", "uid", OUTPUT_NUMBER},
	{"SINCE", "since_usec", OUTPUT_TIME},
	{"GENERATION", "generation", OUTPUT_GENERATION},
	{"DELIVERED", "delivered", OUTPUT_NUMBER},
	{"LOST", "lost", OUTPUT_NUMBER},
	{"BUFFERED", "buffered", OUTPUT_NUMBER},
};

static const struct output_field verifier_columns[] = {
	{"PROGRAM", "program", OUTPUT_TEXT},
	{"INSTRUCTIONS", "insns", OUTPUT_NUMBER},
	{"JITED BYTES", "jited_bytes", OUTPUT_NUMBER},
};

static const struct {
	const char *key;
	const struct output_field *columns;
	size_t count;
} parts[] = {
	{"hooks", hook_columns, ARRAY_SIZE(hook_columns)},
	{"maps", map_columns, ARRAY_SIZE(map_columns)},
	{"events", ring_columns, ARRAY_SIZE(ring_columns)},
	{"subscribers", subscriber_columns, ARRAY_SIZE(subscriber_columns)},
	{"verifier", verifier_columns, ARRAY_SIZE(verifier_columns)},
};

void receipt_print_parts(FILE *out, const json_t *unit)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const json_t *rows = json_object_get(unit, parts[i].key);

		if (json_array_size(rows) == 0)
			continue;
		putc('\n', out);
		output_table(out, rows, parts[i].columns, parts[i].count);
	}
}

static void write_operation(FILE *out, const json_t *receipt)
{
	static const char *const done[][2] = {
		{"load", "loaded"},
		{"reload", "reloaded"},
		{"rollback", "rolled back"},
		{"unload", "unloaded"},
		{"plan", "planned, nothing was touched"},
	};
	const json_t *operation = json_object_get(receipt, "operation");

	for (size_t i = 0; i < ARRAY_SIZE(done); i++)
		if (json_is_string(operation) &&
		    strcmp(json_string_value(operation), done[i][0]) == 0) {
			fputs(done[i][1], out);
			return;
		}
	output_value(out, operation, OUTPUT_TEXT);
}

void receipt_headline(FILE *out, const json_t *receipt)
{
	static const char *const changes[] = {"generation", "bank"};

	output_value(out, json_object_get(receipt, "unit"), OUTPUT_TEXT);
	fputs(": ", out);
	write_operation(out, receipt);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		const json_t *change = json_object_get(receipt, changes[i]);

		if (!change || json_is_null(change))
			continue;
		fprintf(out, ", %s ", changes[i]);
		output_value(out, change, OUTPUT_CHANGE);
	}
}

void receipt_print(FILE *out, const json_t *receipt)
{
	receipt_headline(out, receipt);
	putc('\n', out);
	output_block(out, receipt, receipt_fields, ARRAY_SIZE(receipt_fields));
	receipt_print_parts(out, receipt);
}
