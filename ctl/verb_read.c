/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verbs that change nothing: list, ping, version. */
#include <inttypes.h>

#include "ctl/ask.h"
#include "ctl/client.h"
#include "ctl/offline.h"
#include "ctl/verb.h"
#include "lib/bus_names.h"
#include "lib/cleanup.h"
#include "lib/clock.h"
#include "lib/macro.h"
#include "lib/version.h"

static const struct output_field list_columns[] = {
	{"UNIT", "name", OUTPUT_TEXT},
	{"STATE", "state", OUTPUT_TEXT},
	{"GENERATION", "generation", OUTPUT_GENERATION},
	{"BANK", "bank", OUTPUT_TEXT},
	{"FORMER", "former", OUTPUT_GENERATION},
	{"OVERRIDE", "override", OUTPUT_TEXT},
	{"HOOKS", "hooks", OUTPUT_NUMBER},
	{"CONSUMED", "consumed", OUTPUT_NUMBER},
	{"SINCE", "since_usec", OUTPUT_TIME},
};

static const struct output_field failed_columns[] = {
	{"NOT LOADED", "unit", OUTPUT_TEXT},
	{"BECAUSE", "message", OUTPUT_TEXT},
};

static int list_pins(const struct offline_places *places, const char *unit, json_t **ret,
		     struct failure *reterr_failure)
{
	(void)unit;
	return offline_list(places, ret, reterr_failure);
}

static const struct ask_offline list_offline = {
	.is_there = offline_has_root, .answer = list_pins, .source = ASK_PINS_SAY};

static void print_list(FILE *out, const json_t *units, const json_t *failed)
{
	if (json_array_size(units) == 0)
		fputs("no units\n", out);
	else
		output_table(out, units, list_columns, ARRAY_SIZE(list_columns));
	if (json_array_size(failed) == 0)
		return;
	putc('\n', out);
	output_table(out, failed, failed_columns, ARRAY_SIZE(failed_columns));
}

int verb_list(const struct invocation *invocation, struct failure *reterr_failure)
{
	cleanup_json json_t *answer = NULL;
	int err = ask_daemon_or_files(invocation, "List", NULL, &list_offline, &answer,
				      reterr_failure);

	if (err)
		return err;
	if (invocation->format == OUTPUT_JSON)
		output_json(invocation->out, answer);
	else
		print_list(invocation->out, json_object_get(answer, "units"),
			   json_object_get(answer, "failed"));
	return 0;
}

static void print_ping(const struct invocation *invocation, uint64_t usec)
{
	if (invocation->format == OUTPUT_JSON) {
		fprintf(invocation->out, "{\"usec\": %" PRIu64 "}\n", usec);
	} else if (!invocation->quiet) {
		fprintf(invocation->out, "%s/" CONTROL_SOCKET " answers in ",
			invocation->runtime_directory);
		output_span(invocation->out, usec);
		putc('\n', invocation->out);
	}
}

int verb_ping(const struct invocation *invocation, struct failure *reterr_failure)
{
	cleanup_client struct client *client = NULL;
	uint64_t begun = clock_now_usec(CLOCK_MONOTONIC);
	int err = client_open(invocation->runtime_directory, &client, reterr_failure);

	if (!err)
		err = client_ask(client, invocation->ready ? "Ready" : "Ping", NULL, NULL,
				 reterr_failure);
	if (!err)
		print_ping(invocation, clock_now_usec(CLOCK_MONOTONIC) - begun);
	return err;
}

static void print_versions(const struct invocation *invocation, const char *daemon,
			   const char *absent)
{
	cleanup_json json_t *versions = NULL;

	if (invocation->format == OUTPUT_TABLE) {
		fputs("ebpfctl " EBPFD_VERSION "\nebpfd   ", invocation->out);
		output_text(invocation->out, daemon ? daemon : absent);
		putc('\n', invocation->out);
		return;
	}
	versions = json_pack("{s:s, s:o}", "ebpfctl", EBPFD_VERSION, "ebpfd",
			     daemon ? output_json_string(daemon) : json_null());
	output_json(invocation->out, versions);
}

int verb_version(const struct invocation *invocation, struct failure *reterr_failure)
{
	cleanup_client struct client *client = NULL;
	cleanup_free char *daemon = NULL;
	struct failure failure;
	int err = client_open(invocation->runtime_directory, &client, &failure);

	if (!err)
		err = client_ask(client, "Version", NULL, &daemon, &failure);
	/* Without a daemon the question is answered all the same. */
	if (err && failure.outcome != OUTCOME_NO_DAEMON) {
		*reterr_failure = failure;
		return err;
	}
	print_versions(invocation, daemon, failure.text);
	return 0;
}
