/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/figures/collector.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/figures/run_statistics.h"
#include "lib/cleanup.h"
#include "lib/clock.h"

#define LINGER_ACCURACY_USEC (5ULL * 1000000)

struct asked {
	struct asked *next;
	struct collector *collector;
	struct collector_question question;
	struct figures *figures;
	char *answer;
	size_t length;
};

struct collector {
	const struct units *units;
	const size_t *clients;
	uint64_t since_usec;
	struct waiter *thread;
	struct asked *first; /* under way */
	size_t count;
	sd_event_source *linger;
	struct run_statistics statistics; /* the thread's */
};

static void asked_free(struct asked *asked)
{
	figures_free(asked->figures);
	free(asked->answer);
	free(asked);
}

static void forget(struct asked *asked)
{
	struct asked **place = &asked->collector->first;

	while (*place != asked)
		place = &(*place)->next;
	*place = asked->next;
	asked->collector->count--;
	asked_free(asked);
}

static enum run_statistics_when collector_when(const struct collector *collector)
{
	return collector->units->context->settings->run_statistics;
}

/* ---- on the thread ---- */

static int hold(void *data)
{
	struct collector *collector = data;

	(void)run_statistics_hold(&collector->statistics);
	return 0;
}

static int answer(void *data)
{
	struct asked *asked = data;
	const struct collector_question *question = &asked->question;
	int err;

	if (collector_when(asked->collector) != RUN_STATISTICS_NEVER)
		asked->figures->run_time_is_counted =
			run_statistics_hold(&asked->collector->statistics);
	err = figures_complete(asked->figures);
	if (err)
		return err;
	asked->answer = question->render(asked->figures, question->data, &asked->length);
	return asked->answer ? 0 : -ENOMEM;
}

static int release(void *data)
{
	struct collector *collector = data;

	run_statistics_release(&collector->statistics);
	return 0;
}

/* ---- on the loop ---- */

static void tell(const struct asked *asked, char *text, int err)
{
	struct failure failure;

	if (err)
		(void)failure_set_errno(&failure, OUTCOME_FAILED, err, "cannot collect figures");
	asked->question.done(asked->question.data, text, asked->length, &failure);
}

static void answered(void *data, int result)
{
	struct asked *asked = data;

	tell(asked, TAKE_PTR(asked->answer), result);
	forget(asked);
}

static void held_or_released(void *data, int result)
{
	(void)data;
	(void)result;
}

static int nobody_looks(sd_event_source *source, uint64_t usec, void *data)
{
	struct collector *collector = data;

	(void)source;
	(void)usec;
	/* Where memory is out, the next question sets the timer again. */
	(void)waiter_submit(collector->thread, release, held_or_released, collector);
	return 0;
}

static void somebody_looks(const struct collector *collector)
{
	if (collector_when(collector) == RUN_STATISTICS_ALWAYS)
		return;
	(void)sd_event_source_set_time_relative(collector->linger, COLLECTOR_LINGER_USEC);
	(void)sd_event_source_set_enabled(collector->linger, SD_EVENT_ONESHOT);
}

int collector_ask(struct collector *collector, const struct collector_question *question,
		  struct failure *reterr_failure)
{
	struct asked *asked;
	int err = -ENOMEM;

	if (collector->count == COLLECTOR_QUESTIONS_MAX)
		return failure_set(reterr_failure, OUTCOME_BUSY, -EBUSY,
				   "%d questions for figures are under way; try again",
				   COLLECTOR_QUESTIONS_MAX);
	asked = calloc(1, sizeof(*asked));
	if (asked) {
		asked->collector = collector;
		asked->question = *question;
		asked->figures = figures_gather(collector->units, question->wanted);
	}
	if (asked && asked->figures) {
		asked->figures->since_usec = collector->since_usec;
		asked->figures->clients = collector->clients ? *collector->clients : 0;
		err = waiter_submit(collector->thread, answer, answered, asked);
	}
	if (err) {
		if (asked)
			asked_free(asked);
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
					 "cannot collect figures");
	}
	asked->next = collector->first;
	collector->first = asked;
	collector->count++;
	somebody_looks(collector);
	return 0;
}

void collector_count_clients(struct collector *collector, const size_t *count)
{
	collector->clients = count;
}

int collector_new(const struct units *units, struct collector **ret)
{
	struct collector *collector = calloc(1, sizeof(*collector));
	sd_event *event = units->context->event;
	int err;

	if (!collector)
		return -ENOMEM;
	*collector = (struct collector){.units = units,
					.since_usec = clock_now_usec(CLOCK_REALTIME),
					.statistics = RUN_STATISTICS_INIT};
	err = sd_event_add_time_relative(event, &collector->linger, CLOCK_MONOTONIC,
					 COLLECTOR_LINGER_USEC, LINGER_ACCURACY_USEC, nobody_looks,
					 collector);
	if (err >= 0)
		err = sd_event_source_set_enabled(collector->linger, SD_EVENT_OFF);
	if (err >= 0)
		err = waiter_new(event, &collector->thread);
	if (err >= 0 && collector_when(collector) == RUN_STATISTICS_ALWAYS)
		err = waiter_submit(collector->thread, hold, held_or_released, collector);
	if (err < 0) {
		collector_free(collector);
		return err;
	}
	*ret = collector;
	return 0;
}

struct collector *collector_free(struct collector *collector)
{
	if (!collector)
		return NULL;
	waiter_free(collector->thread);
	while (collector->first) {
		tell(collector->first, NULL, -ESHUTDOWN);
		forget(collector->first);
	}
	run_statistics_release(&collector->statistics);
	sd_event_source_disable_unref(collector->linger);
	free(collector);
	return NULL;
}
