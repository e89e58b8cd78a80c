/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/audience.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "daemon/events/subscriber.h"
#include "lib/clock.h"

/* ---- who belongs to it ---------------------------------------------------------------------- */

static size_t *count_for(struct audience *audience, const struct subscriber *subscriber)
{
	return subscriber->wide_as_text ? &audience->wide_count : &audience->plain_count;
}

static void link_in(struct audience *audience, struct subscriber *subscriber)
{
	subscriber->audience = audience;
	subscriber->next = audience->first;
	audience->first = subscriber;
	audience->count++;
	*count_for(audience, subscriber) += 1;
}

static void link_out(struct subscriber *subscriber)
{
	struct audience *audience = subscriber->audience;
	struct subscriber **place = &audience->first;

	while (*place != subscriber)
		place = &(*place)->next;
	*place = subscriber->next;
	audience->count--;
	audience->left_delivered += subscriber->delivered;
	audience->left_lost += subscriber->lost;
	*count_for(audience, subscriber) -= 1;
	if (audience->count == 0) {
		free(audience->scratch);
		audience->scratch = NULL;
		audience->scratch_size = 0;
	}
}

void audience_remove(struct subscriber *subscriber)
{
	link_out(subscriber);
	subscriber_free(subscriber);
}

int audience_add(struct audience *audience, const struct subscription *subscription,
		 struct subscriber **ret, int *ret_reader_fd)
{
	static uint64_t last_number;
	struct subscriber *subscriber = calloc(1, sizeof(*subscriber));
	int err;

	if (!subscriber)
		return -ENOMEM;
	subscriber->fd = -1;
	(void)snprintf(subscriber->unit, sizeof(subscriber->unit), "%s", audience->unit);
	subscriber->peer_uid = subscription->peer_uid;
	subscriber->since_usec = clock_now_usec(CLOCK_REALTIME);
	subscriber->generation = subscription->generation;
	subscriber->wide_as_text = subscription->wide_as_text;
	err = subscriber_open(subscriber, subscription->event, subscription->buffer_size,
			      ret_reader_fd);
	if (err) {
		subscriber_free(subscriber);
		return err;
	}
	subscriber->number = ++last_number;
	subscriber->filters = *subscription->filters;
	*subscription->filters = (struct filters){};
	link_in(audience, subscriber);
	*ret = subscriber;
	return 0;
}

void audience_dismiss(struct audience *audience, struct audience *leaving)
{
	while (audience->first) {
		struct subscriber *subscriber = audience->first;

		subscriber_end(subscriber);
		link_out(subscriber);
		link_in(leaving, subscriber);
	}
}

void audience_deinit(struct audience *audience)
{
	while (audience->first)
		audience_remove(audience->first);
}

/* ---- lines ---------------------------------------------------------------------------------- */

char *audience_room(struct audience *audience, size_t size)
{
	char *larger;

	if (audience->scratch_size >= size)
		return audience->scratch;
	larger = realloc(audience->scratch, size);
	if (!larger)
		return NULL;
	audience->scratch = larger;
	audience->scratch_size = size;
	return larger;
}

void audience_put(struct audience *audience, uint32_t generation, bool wide_as_text,
		  struct line_text line)
{
	for (struct subscriber *one = audience->first; one; one = one->next)
		if (one->wide_as_text == wide_as_text && subscriber_wants(one, generation))
			subscriber_put(one, line);
}

void audience_lose(struct audience *audience, uint32_t generation, bool wide_as_text)
{
	for (struct subscriber *one = audience->first; one; one = one->next)
		if (one->wide_as_text == wide_as_text && subscriber_wants(one, generation))
			subscriber_lose(one);
}

/* One that has left is removed by its event source, which hears of it too. */
void audience_flush(struct audience *audience)
{
	for (struct subscriber *one = audience->first; one; one = one->next)
		subscriber_flush(one);
}

/* ---- for people ----------------------------------------------------------------------------- */

struct audience_totals audience_totals(const struct audience *audience)
{
	struct audience_totals totals = {.delivered = audience->left_delivered,
					 .lost = audience->left_lost};

	for (const struct subscriber *one = audience->first; one; one = one->next) {
		totals.delivered += one->delivered;
		totals.lost += one->lost;
	}
	return totals;
}

json_t *audience_to_json(const struct audience *audience)
{
	json_t *list = json_array();

	for (const struct subscriber *one = audience->first; one; one = one->next)
		json_array_insert_new(
			list, 0,
			json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "subscriber",
				  (json_int_t)one->number, "uid", (json_int_t)one->peer_uid,
				  "since_usec", (json_int_t)one->since_usec, "generation",
				  (json_int_t)one->generation, "delivered",
				  (json_int_t)one->delivered, "lost", (json_int_t)one->lost,
				  "buffered", (json_int_t)(one->end - one->start)));
	return list;
}
