/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/recent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/events/decode_wide.h"
#include "daemon/events/subscriber.h"
#include "lib/cleanup.h"

struct recent_line {
	uint64_t time;	 /* 0 where records have none */
	size_t position; /* among those of equal time */
	char *text;
	size_t length;
};

struct recent {
	struct subscriber *subscriber;
	size_t max;
	struct recent_line *lines; /* room for twice as many as `max` */
	size_t count;
	size_t seen;
	const struct decoder *decoder; /* of the stream that is looked at */
	char *scratch;
	size_t scratch_size;
	int err;
};

static void recent_deinit(struct recent *recent)
{
	for (size_t i = 0; i < recent->count; i++)
		free(recent->lines[i].text);
	free(recent->lines);
	free(recent->scratch);
}

/* ---- collecting ---- */

static int by_time(const void *left, const void *right)
{
	const struct recent_line *a = left, *b = right;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return a->position < b->position ? -1 : 1;
}

/* Leaves the last `max`. */
static void trim(struct recent *recent)
{
	size_t over = recent->count > recent->max ? recent->count - recent->max : 0;

	if (recent->count)
		qsort(recent->lines, recent->count, sizeof(*recent->lines), by_time);
	for (size_t i = 0; i < over; i++)
		free(recent->lines[i].text);
	recent->count -= over;
	memmove(recent->lines, recent->lines + over, recent->count * sizeof(*recent->lines));
}

static uint64_t time_of(struct line_text line)
{
	struct line_text value;

	if (!line_find(line, "time", &value))
		return 0;
	return strtoull(*value.start == '"' ? value.start + 1 : value.start, NULL, 10);
}

static char *room_for(struct recent *recent, size_t size)
{
	char *larger;

	if (recent->scratch_size >= size)
		return recent->scratch;
	larger = realloc(recent->scratch, size);
	if (!larger)
		return NULL;
	recent->scratch = larger;
	recent->scratch_size = size;
	return larger;
}

static int keep(struct recent *recent, struct line_text line)
{
	char *text = strndup(line.start, line.length);

	if (!text)
		return -ENOMEM;
	if (recent->count == 2 * recent->max)
		trim(recent);
	recent->lines[recent->count++] = (struct recent_line){.time = time_of(line),
							      .position = recent->seen++,
							      .text = text,
							      .length = line.length};
	return 0;
}

static void visit(const struct ring_record *record, bool again, void *data)
{
	struct recent *recent = data;
	char *text = room_for(recent, decoder_line_max(recent->decoder, record->length) + 1);
	struct line_text line = {.start = text};

	if (recent->err || !text) {
		recent->err = -ENOMEM;
		return;
	}
	line.length = decoder_line(recent->decoder, record, again, text);
	text[line.length] = '\0';
	if (filters_match(&recent->subscriber->filters, line))
		recent->err = keep(recent, line);
}

/* For bank_for_each_stream(). */
static int add_stream(struct stream *stream, void *data)
{
	struct recent *recent = data;
	struct decoder *wide = NULL;

	if (!stream)
		return 0;

	recent->decoder = stream_decoder(stream);
	if (recent->subscriber->wide_as_text) {
		int err = decoder_wide_new(recent->decoder, &wide);

		if (err)
			return err;
		recent->decoder = wide;
	}
	stream_visit_past(stream, visit, recent);
	decoder_wide_free(wide);
	return recent->err;
}

static int add_bank(struct recent *recent, const struct bank *bank)
{
	if (!bank->manifest || !subscriber_wants(recent->subscriber, bank->manifest->generation))
		return 0;
	return bank_for_each_stream(bank, add_stream, recent);
}

int recent_put(const struct unit *unit, struct subscriber *subscriber, size_t max)
{
	CLEANUP(recent_deinit)
	struct recent recent = {.subscriber = subscriber,
				.max = max,
				.lines = calloc(2 * max + 1, sizeof(*recent.lines))};
	int active = unit_active(unit);
	int err;

	if (!recent.lines)
		return -ENOMEM;
	if (max == 0 || active == BANK_NONE)
		return 0;
	err = add_bank(&recent, &unit->banks[!active]);
	if (!err)
		err = add_bank(&recent, &unit->banks[active]);
	if (err)
		return err;
	trim(&recent);
	for (size_t i = 0; i < recent.count; i++)
		subscriber_put(subscriber, (struct line_text){.start = recent.lines[i].text,
							      .length = recent.lines[i].length});
	return 0;
}
