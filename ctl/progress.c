/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/progress.h"

#include <string.h>
#include <unistd.h>

#include "ctl/output.h"
#include "lib/clock.h"

struct progress progress_for(const struct invocation *invocation)
{
	bool watched = !invocation->quiet && invocation->format == OUTPUT_TABLE &&
		       isatty(fileno(invocation->err));

	return (struct progress){.stream = watched ? invocation->err : NULL};
}

static void end_phase(struct progress *progress, uint64_t took_usec)
{
	putc(' ', progress->stream);
	output_span(progress->stream, took_usec);
}

static void begin_line(struct progress *progress, const char *unit)
{
	progress_end(progress);
	(void)str_format(progress->unit, sizeof(progress->unit), "%s", unit);
	output_text(progress->stream, progress->unit);
	fputs(": ", progress->stream);
}

void progress_phase(void *userdata, const char *unit, const char *phase, uint64_t usec)
{
	struct progress *progress = userdata;

	if (!progress->stream)
		return;
	if (strcmp(progress->unit, unit) == 0) {
		end_phase(progress, usec - progress->phase_usec);
		fputs(", ", progress->stream);
	} else {
		begin_line(progress, unit);
	}
	output_text(progress->stream, phase);
	fflush(progress->stream);
	progress->phase_usec = usec;
	progress->arrived_usec = clock_now_usec(CLOCK_MONOTONIC);
}

void progress_end(struct progress *progress)
{
	if (!progress->unit[0])
		return;
	end_phase(progress, clock_now_usec(CLOCK_MONOTONIC) - progress->arrived_usec);
	putc('\n', progress->stream);
	fflush(progress->stream);
	progress->unit[0] = '\0';
}
