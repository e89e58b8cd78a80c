/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status: of a unit, with the last lines of its journal, or of the daemon itself. */
#include <errno.h>
#include <string.h>

#include "ctl/ask.h"
#include "ctl/fit.h"
#include "ctl/journal_tail.h"
#include "ctl/offline.h"
#include "ctl/receipt.h"
#include "ctl/unit_page.h"
#include "ctl/verb.h"
#include "lib/cleanup.h"
#include "lib/macro.h"

#define JOURNAL_LINES 10

static const struct output_field daemon_fields[] = {
	{"State", "state", OUTPUT_TEXT},
	{"PID", "pid", OUTPUT_TEXT},
	{"Since", "since_usec", OUTPUT_SINCE},
	{"Root", "root", OUTPUT_TEXT},
	{"Runtime directory", "runtime_directory", OUTPUT_TEXT},
	{"State directory", "state_directory", OUTPUT_TEXT},
	{"Units", "units", OUTPUT_TEXT},
	{"Degraded", "degraded", OUTPUT_TEXT},
	{"Failed", "failed", OUTPUT_TEXT},
	{"Clients", "clients", OUTPUT_TEXT},
	{"Barrier", "barrier", OUTPUT_TEXT},
};

static const struct ask_offline status_offline = {
	.is_there = offline_has_root, .answer = offline_status, .source = ASK_PINS_SAY};

static void print_daemon(FILE *out, const json_t *status)
{
	const json_t *version = json_object_get(status, "version");

	fputs("ebpfd ", out);
	if (version)
		output_value(out, version, OUTPUT_TEXT);
	else
		fputs("is not running", out);
	putc('\n', out);
	output_block(out, status, daemon_fields, ARRAY_SIZE(daemon_fields));
}

static void print_journal(FILE *out, const char *unit)
{
	int count = journal_tail_of_unit(unit, JOURNAL_LINES, out);

	if (count == -ENOENT)
		fputs("No journal can be read here.\n", out);
	else if (count < 0)
		fprintf(out, "The journal cannot be read: %s\n", strerror(-count));
	else if (count == 0)
		fputs("Nothing about this unit is in the journal.\n", out);
}

/* One screen; or with --full all there is to say. */
static void write_unit(FILE *out, const json_t *status, bool full)
{
	unit_page_print(out, status, !full);
	if (full)
		receipt_print_parts(out, status);
	putc('\n', out);
	print_journal(out, json_string_value(json_object_get(status, "name")));
}

static int print_unit(const struct invocation *invocation, const json_t *status,
		      struct failure *reterr_failure)
{
	cleanup_free char *text = NULL;
	size_t length;
	FILE *page = open_memstream(&text, &length);

	if (!page)
		return failure_set(reterr_failure, OUTCOME_FAILED, -ENOMEM, "out of memory");
	write_unit(page, status, invocation->full);
	fclose(page);
	if (text)
		fit_lines(invocation->out, text, invocation->full ? 0 : fit_width(invocation->out));
	return 0;
}

int verb_status(const struct invocation *invocation, struct failure *reterr_failure)
{
	const char *unit = invocation->operand_count ? invocation->operands[0] : NULL;
	cleanup_json json_t *answer = NULL;
	int err = unit ? verb_unit_name(unit, reterr_failure) : 0;

	if (!err)
		err = ask_daemon_or_files(invocation, "Status", unit ? unit : "", &status_offline,
					  &answer, reterr_failure);
	if (err)
		return err;
	if (invocation->format == OUTPUT_TABLE && unit)
		return print_unit(invocation, answer, reterr_failure);
	if (invocation->format == OUTPUT_JSON)
		output_json(invocation->out, answer);
	else
		print_daemon(invocation->out, answer);
	return 0;
}
