/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top: units and programs live, at a terminal; elsewhere as plain rows, a table each second. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl/top_screen.h"
#include "ctl/verb.h"
#include "lib/macro.h"
#include "lib/str.h"

#define INTERVAL_USEC  UINT64_C(1000000)
#define USEC_PER_SEC   UINT64_C(1000000)
#define NSEC_PER_USEC  1000
#define ROUNDS_FOREVER UINT64_MAX

static int read_rounds(const struct invocation *invocation, uint64_t *ret,
		       struct failure *reterr_failure)
{
	*ret = invocation->once ? 1 : ROUNDS_FOREVER;
	if (!invocation->lines)
		return 0;
	if (invocation->once || str_to_u64(invocation->lines, ret) < 0 || *ret == 0)
		return failure_set(reterr_failure, OUTCOME_USAGE, -EINVAL,
				   "-n %s: must be a number above 0, and not beside --once",
				   invocation->lines);
	return 0;
}

static int read_view(const struct invocation *invocation, struct top_view *ret,
		     struct failure *reterr_failure)
{
	const char *filter = invocation->operand_count ? invocation->operands[0] : "";

	*ret = (struct top_view){.sort = TOP_CPU};
	if (invocation->sort && top_column_from_name(invocation->sort, &ret->sort) < 0)
		return failure_set(reterr_failure, OUTCOME_USAGE, -EINVAL,
				   "--sort %s: must be name, type, generation, calls, time, cpu, "
				   "events, ring or reload",
				   invocation->sort);
	if (str_format(ret->filter, sizeof(ret->filter), "%s", filter) < 0)
		return failure_set(reterr_failure, OUTCOME_USAGE, -E2BIG,
				   "a filter has %d characters at most", TOP_FILTER_MAX - 1);
	return 0;
}

/* ---- rows ---- */

static void print_json(FILE *out, const struct top_model *model)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < model->count; i++)
		json_array_append_new(rows, top_row_to_json(&model->rows[i]));
	json_dumpf(rows, out, JSON_COMPACT);
	putc('\n', out);
	json_decref(rows);
}

static void print_round(const struct invocation *invocation, const struct top_view *view,
			const struct top_model *model, bool first)
{
	if (invocation->format == OUTPUT_JSON) {
		print_json(invocation->out, model);
	} else {
		fputs(first ? "" : "\n", invocation->out);
		top_view_write(invocation->out, view, model, 0, 0);
	}
	fflush(invocation->out);
}

static void pause_for(uint64_t usec)
{
	const struct timespec span = {.tv_sec = (time_t)(usec / USEC_PER_SEC),
				      .tv_nsec = (long)(usec % USEC_PER_SEC) * NSEC_PER_USEC};

	(void)nanosleep(&span, NULL);
}

/* A daemon that goes away is told once; the rows go on when it is back. */
static int print_rounds(const struct invocation *invocation, struct top_source *source,
			struct top_model *model, const struct top_view *view, uint64_t rounds,
			struct failure *reterr_failure)
{
	bool away = false, first = true;

	while (rounds > 0 && !ferror(invocation->out)) {
		bool comparable = model->answer;
		int err;

		pause_for(INTERVAL_USEC);
		err = top_source_ask(source, model, reterr_failure);
		if (err && rounds != ROUNDS_FOREVER)
			return err;
		if (err && !away)
			fprintf(invocation->err, "ebpfctl: ebpfd is away, waiting for it: %s\n",
				reterr_failure->text);
		away = err;
		if (err || !comparable)
			continue;
		print_round(invocation, view, model, first);
		first = false;
		rounds -= rounds != ROUNDS_FOREVER;
	}
	return 0;
}

/* ---- all of it ---- */

static bool is_screen(const struct invocation *invocation)
{
	const char *terminal = getenv("TERM");

	return !invocation->once && !invocation->lines && !invocation->format_given && terminal &&
	       *terminal && strcmp(terminal, "dumb") != 0 &&
	       fileno(invocation->out) == STDOUT_FILENO && isatty(STDOUT_FILENO) &&
	       isatty(STDIN_FILENO);
}

static int show(const struct invocation *invocation, struct top_source *source,
		struct top_model *model, struct top_view *view, uint64_t rounds,
		struct failure *reterr_failure)
{
	int err = top_source_ask(source, model, reterr_failure);

	if (err)
		return err;
	if (is_screen(invocation) && top_screen_run(source, model, view, INTERVAL_USEC))
		return 0;
	return print_rounds(invocation, source, model, view, rounds, reterr_failure);
}

int verb_top(const struct invocation *invocation, struct failure *reterr_failure)
{
	struct top_source source = {.runtime_directory = invocation->runtime_directory};
	struct top_model model = {0};
	struct top_view view;
	uint64_t rounds;
	int err = read_rounds(invocation, &rounds, reterr_failure);

	if (!err)
		err = read_view(invocation, &view, reterr_failure);
	if (!err)
		err = show(invocation, &source, &model, &view, rounds, reterr_failure);
	top_source_deinit(&source);
	top_model_deinit(&model);
	return err;
}
