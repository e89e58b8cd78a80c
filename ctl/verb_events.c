/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A unit's events, as they come. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl/client.h"
#include "ctl/event_row.h"
#include "ctl/verb.h"
#include "lib/macro.h"
#include "lib/str.h"

#define CHUNK (64UL * 1024)
/* Between two looks for a daemon that has gone. */
#define RETRY_NSEC 200000000L

#define LINES_DEFAULT 10

struct view {
	const struct invocation *invocation;
	const char *unit;
	uint32_t generation;
	uint32_t lines; /* of what went by already */
	bool as_rows;
};

/* ---- what is asked for ---------------------------------------------------------------------- */

static int read_number(const char *option, const char *text, uint64_t min, uint32_t *ret,
		       struct failure *reterr_failure)
{
	uint64_t number;

	if (!text)
		return 0;
	if (str_to_u64(text, &number) < 0 || number < min || number > UINT32_MAX)
		return failure_set(reterr_failure, OUTCOME_USAGE, -EINVAL,
				   "%s %s: must be a number from %d on", option, text, (int)min);
	*ret = (uint32_t)number;
	return 0;
}

static int read_view(const struct invocation *invocation, struct view *view,
		     struct failure *reterr_failure)
{
	int err = verb_unit_name(invocation->operands[0], reterr_failure);

	*view = (struct view){.invocation = invocation,
			      .unit = invocation->operands[0],
			      .lines = invocation->follow ? 0 : LINES_DEFAULT};
	if (!err)
		err = read_number("--generation", invocation->generation, 1, &view->generation,
				  reterr_failure);
	if (!err)
		err = read_number("--lines", invocation->lines, 0, &view->lines, reterr_failure);
	if (!err)
		err = verb_check_numbers(invocation->numbers, reterr_failure);
	if (err)
		return err;
	view->as_rows = verb_wants_rows(invocation);
	return 0;
}

static int subscribe(const struct view *view, int *ret_fd, struct failure *reterr_failure)
{
	cleanup_client struct client *client = NULL;
	const struct invocation *invocation = view->invocation;
	struct client_option options[5] = {
		{.name = "numbers", .text = verb_numbers(invocation, view->as_rows)}};
	struct client_operation operation = {
		.method = "Events", .unit = view->unit, .options = options, .option_count = 1};
	int err = client_open(invocation->runtime_directory, &client, reterr_failure);

	if (err)
		return err;
	if (view->generation)
		options[operation.option_count++] =
			(struct client_option){.name = "generation", .number = view->generation};
	if (view->lines)
		options[operation.option_count++] =
			(struct client_option){.name = "last", .number = view->lines};
	if (invocation->filter_count)
		options[operation.option_count++] =
			(struct client_option){.name = "filter", .texts = invocation->filters};
	if (!invocation->follow)
		options[operation.option_count++] =
			(struct client_option){.name = "follow", .is_truth = true, .truth = false};
	return client_ask_fd(client, &operation, ret_fd, reterr_failure);
}

/* ---- what comes ----------------------------------------------------------------------------- */

static int read_failure(struct failure *reterr_failure)
{
	return failure_set_errno(reterr_failure, OUTCOME_FAILED, -errno,
				 "cannot read the stream of events");
}

/* Takes the descriptor over. */
static int copy_rows(int fd, FILE *out, struct failure *reterr_failure)
{
	cleanup_fclose FILE *stream = fdopen(fd, "r");
	cleanup_free char *line = NULL;
	struct event_rows rows = {};
	size_t room = 0;
	ssize_t length;

	if (!stream) {
		close(fd);
		return read_failure(reterr_failure);
	}
	while ((length = getline(&line, &room, stream)) > 0 && !ferror(out)) {
		event_row(out, &rows, line, (size_t)length - (line[length - 1] == '\n'));
		fflush(out);
	}
	return ferror(stream) ? read_failure(reterr_failure) : 0;
}

/* Takes the descriptor over. */
static int copy_lines(int stream_fd, FILE *out, struct failure *reterr_failure)
{
	cleanup_close int fd = stream_fd;
	cleanup_free char *chunk = malloc(CHUNK);
	ssize_t length = 0;

	if (!chunk)
		return read_failure(reterr_failure);
	while (!ferror(out) && (length = read(fd, chunk, CHUNK)) != 0) {
		if (length < 0 && errno != EINTR)
			return read_failure(reterr_failure);
		if (length > 0)
			fwrite(chunk, 1, (size_t)length, out);
		fflush(out);
	}
	return 0;
}

static int show(const struct view *view, int fd, struct failure *reterr_failure)
{
	FILE *out = view->invocation->out;

	return view->as_rows ? copy_rows(fd, out, reterr_failure)
			     : copy_lines(fd, out, reterr_failure);
}

/* ---- over restarts -------------------------------------------------------------------------- */

static void say(const struct view *view, const char *text)
{
	if (view->invocation->quiet)
		return;
	fprintf(view->invocation->err, "ebpfctl: %s: %s\n", view->unit, text);
	fflush(view->invocation->err);
}

static bool is_away(int err, const struct failure *failure)
{
	return failure->outcome == OUTCOME_NO_DAEMON || err == -ECONNRESET;
}

/* 0: *ret_fd is a new stream, or -1 where the unit is gone. */
static int subscribe_again(struct view *view, int *ret_fd, struct failure *reterr_failure)
{
	const struct timespec pause = {.tv_nsec = RETRY_NSEC};
	int err = subscribe(view, ret_fd, reterr_failure);
	bool said = false;

	for (; err < 0 && is_away(err, reterr_failure);
	     err = subscribe(view, ret_fd, reterr_failure)) {
		if (!said)
			say(view, "the daemon has gone; waiting for the next one");
		said = true;
		(void)nanosleep(&pause, NULL);
	}
	if (err < 0 && reterr_failure->outcome == OUTCOME_NO_SUCH_UNIT) {
		say(view, "the unit is not loaded any more");
		*ret_fd = -1;
		return 0;
	}
	if (!err)
		say(view, "connected again; events in between are not shown");
	return err;
}

int verb_events(const struct invocation *invocation, struct failure *reterr_failure)
{
	struct view view;
	int fd, err = read_view(invocation, &view, reterr_failure);

	if (!err)
		err = subscribe(&view, &fd, reterr_failure);
	while (!err && fd >= 0) {
		err = show(&view, fd, reterr_failure);
		if (err || !invocation->follow || ferror(invocation->out))
			return err;
		view.lines = 0;
		err = subscribe_again(&view, &fd, reterr_failure);
	}
	return err;
}
