/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/sink.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "daemon/events/sink_file.h"
#include "daemon/events/sink_journal.h"
#include "lib/cleanup.h"
#include "lib/clock.h"

#define BUFFER_SIZE (64UL * 1024)
/* Between two reports. */
#define REPORT_USEC (60ULL * 1000 * 1000)

struct sink {
	enum sink_kind kind;
	char *name; /* as in Sink= */
	struct sink_file file;
	struct sink_journal *journal;

	char *buffer; /* grows only for a line that is larger than all of it */
	size_t room;
	size_t used;
	uint64_t lost; /* lines, since the last sink_flush() */
	int error;

	sink_report_fn report;
	char *owner;
	uint64_t unreported; /* lost lines */
	bool reported_bad;
	uint64_t quiet_until_usec;
};

/* ---- lines --------------------------------------------------------------------------------- */

bool sink_wants_lines(const struct sink *sink)
{
	return sink->kind != SINK_NONE;
}

static void write_buffer(struct sink *sink)
{
	size_t used = sink->used;

	if (used == 0)
		return;
	sink->used = 0;
	if (sink->kind == SINK_FILE)
		sink->lost += sink_file_write(&sink->file, sink->buffer, used, &sink->error);
	else
		sink->lost += sink_journal_write(sink->journal, sink->buffer, used, &sink->error);
}

static int grow(struct sink *sink, size_t size)
{
	char *larger = realloc(sink->buffer, size);

	if (!larger)
		return -ENOMEM;
	sink->buffer = larger;
	sink->room = size;
	return 0;
}

char *sink_room(struct sink *sink, size_t size)
{
	if (!sink_wants_lines(sink))
		return NULL;
	size++; /* the newline */
	if (sink->room - sink->used < size)
		write_buffer(sink);
	if (sink->room < size && grow(sink, size) < 0) {
		sink->lost++;
		sink->error = -ENOMEM;
		return NULL;
	}
	return sink->buffer + sink->used;
}

void sink_put(struct sink *sink, size_t length)
{
	sink->used += length;
	sink->buffer[sink->used++] = '\n';
}

/* ---- losses --------------------------------------------------------------------------------- */

int sink_set_report(struct sink *sink, const char *owner, sink_report_fn report)
{
	char *copy = strdup(owner);

	if (!copy)
		return -ENOMEM;
	free(sink->owner);
	sink->owner = copy;
	sink->report = report;
	return 0;
}

static void report_losses(struct sink *sink, uint64_t now_usec)
{
	cleanup_free char *text = NULL;
	bool bad = sink->error != 0;
	int length;

	if (bad)
		length = asprintf(&text, "%s: Sink=%s lost %" PRIu64 " lines: %s", sink->owner,
				  sink->name, sink->unreported, strerror(-sink->error));
	else
		length = asprintf(&text,
				  "%s: Sink=%s takes lines again; %" PRIu64
				  " more were lost until then",
				  sink->owner, sink->name, sink->unreported);
	if (length < 0)
		return;
	sink->report(bad ? LOG_WARNING : LOG_INFO, text);
	sink->unreported = 0;
	sink->reported_bad = bad;
	sink->quiet_until_usec = now_usec + REPORT_USEC;
}

/* Costs nothing while all is well. */
static void report_if_due(struct sink *sink)
{
	uint64_t now_usec;

	if (!sink->report || (!sink->unreported && !sink->reported_bad) ||
	    (sink->reported_bad && sink->error && !sink->unreported))
		return;
	now_usec = clock_now_usec(CLOCK_MONOTONIC);
	if (now_usec >= sink->quiet_until_usec)
		report_losses(sink, now_usec);
}

uint64_t sink_flush(struct sink *sink)
{
	uint64_t lost;

	write_buffer(sink);
	lost = sink->lost;
	sink->lost = 0;
	sink->unreported += lost;
	report_if_due(sink);
	return lost;
}

/* ---- opening -------------------------------------------------------------------------------- */

static char *make_name(const struct unit_events *events)
{
	char *name;

	if (events->sink != SINK_FILE)
		return strdup(events->sink == SINK_JOURNAL ? "journal" : "none");
	return asprintf(&name, "file:%s", events->sink_path) < 0 ? NULL : name;
}

static int open_sink(struct sink *sink, const struct unit_events *events,
		     struct failure *reterr_failure)
{
	switch (events->sink) {
	case SINK_FILE:
		return sink_file_open(events->sink_path, &sink->file, reterr_failure);
	case SINK_JOURNAL:
		return sink_journal_new(JOURNAL_SOCKET, &sink->journal);
	default:
		return 0;
	}
}

static void sink_free_pointer(struct sink **sink)
{
	sink_free(*sink);
}

int sink_new(const struct unit_events *events, struct sink **ret, struct failure *reterr_failure)
{
	CLEANUP(sink_free_pointer) struct sink *sink = calloc(1, sizeof(*sink));
	int err;

	if (!sink)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -ENOMEM, "Sink=");
	sink->kind = events->sink;
	sink->file = SINK_FILE_INIT;
	sink->name = make_name(events);
	if (sink_wants_lines(sink)) {
		sink->room = BUFFER_SIZE;
		sink->buffer = malloc(sink->room);
	}
	if (!sink->name || (sink->room && !sink->buffer))
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -ENOMEM, "Sink=");
	err = open_sink(sink, events, reterr_failure);
	if (err)
		return err;
	*ret = TAKE_PTR(sink);
	return 0;
}

struct sink *sink_free(struct sink *sink)
{
	if (!sink)
		return NULL;
	sink_flush(sink);
	sink_file_close(&sink->file);
	sink_journal_free(sink->journal);
	free(sink->name);
	free(sink->owner);
	free(sink->buffer);
	free(sink);
	return NULL;
}

int sink_reopen(struct sink *sink, struct failure *reterr_failure)
{
	struct sink_file file = SINK_FILE_INIT;
	int err;

	if (sink->kind != SINK_FILE)
		return 0;
	err = sink_file_open(sink->name + strlen("file:"), &file, reterr_failure);
	if (err)
		return err;
	write_buffer(sink);
	sink_file_close(&sink->file);
	sink->file = file;
	return 0;
}

/* ---- questions ------------------------------------------------------------------------------ */

int sink_error(const struct sink *sink)
{
	return sink->error;
}

const char *sink_name(const struct sink *sink)
{
	return sink->name;
}
