/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/progress.h"

#include "ctl/output.h"
#include "lib/clock.h"

static void end_phase(struct progress *progress, uint64_t took_usec)
{
	putc(' ', progress->stream);
	output_span(progress->stream, took_usec);
}

void progress_phase(void *userdata, const char *phase, uint64_t usec)
{
	struct progress *progress = userdata;

	if (!progress->stream)
		return;
	if (progress->begun) {
		end_phase(progress, usec - progress->phase_usec);
		fputs(", ", progress->stream);
	} else {
		fprintf(progress->stream, "%s: ", progress->unit);
	}
	output_text(progress->stream, phase);
	fflush(progress->stream);
	progress->begun = true;
	progress->phase_usec = usec;
	progress->arrived_usec = clock_now_usec(CLOCK_MONOTONIC);
}

void progress_end(struct progress *progress)
{
	if (!progress->begun)
		return;
	end_phase(progress, clock_now_usec(CLOCK_MONOTONIC) - progress->arrived_usec);
	putc('\n', progress->stream);
	fflush(progress->stream);
	progress->begun = false;
}
