/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One ring of one generation on its way to a sink. The order within a batch is what makes a kill
 * harmless: mark in hand → lines to the sink → counts to the ledger → consumer position.
 *
 *   killed before the lines are out    the next reader delivers them, marked "again" (they might
 * be) killed before the counts           the same killed before the position moved   the next
 * reader moves it to where the counts stand
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "daemon/events/check.h"
#include "daemon/events/decode.h"
#include "daemon/events/ledger.h"
#include "daemon/events/sink.h"

struct stream;

struct stream_settings {
	int ring_fd;	      /* duplicated */
	struct ledger ledger; /* must outlive the stream */
	struct ledger_place place;
	uint32_t generation; /* the ledger row is reset if it belongs to another */
	/* Borrowed; shared by the streams of one [Events] section. */
	struct decoder *decoder;
	const struct check *check;
	struct sink *sink;
	struct audience *audience; /* borrowed; of the unit, or NULL */
};

/* Called once on the loop when the position is reached. */
typedef void (*stream_reached_fn)(struct stream *stream, void *data);

/*
 * -EINVAL if the ledger's row has counts of a position that the ring has not reached: it is of
 * another ring, and to go on would lose what is in this one.
 */
int stream_new(const struct stream_settings *settings, struct stream **ret);
/*
 * The same over a ring that is mapped already, which is taken over on success alone; `ring_fd` is
 * what wakes the loop.
 */
int stream_over(const struct stream_settings *settings, struct ring *ring, struct stream **ret);
/* Accepts NULL; returns NULL. Reads nothing more; what is in the ring stays there. */
struct stream *stream_free(struct stream *stream);

/*
 * Begins to read on the loop: level-triggered, a bounded number of records per turn, and a timer
 * that looks without being woken (a producer may ask for no wake-up; and the head record may be
 * busy).
 */
int stream_start(struct stream *stream, sd_event *event);

/*
 * Held: the loop reads nothing until released; stream_drain() does. The idle bank's ring is read to
 * its end before the new one.
 */
void stream_hold(struct stream *stream, bool held);

uint64_t stream_producer_position(const struct stream *stream);
uint64_t stream_consumer_position(const struct stream *stream);

/*
 * Calls back from the loop as soon as everything before `position` is consumed, which it may be
 * already, but never from within this call; or as soon as nothing more is read, see
 * stream_error(). The callback may free the stream. -EBUSY while another one waits, -EINVAL before
 * stream_start().
 */
int stream_when_reached(struct stream *stream, uint64_t position, stream_reached_fn reached,
			void *data);

/*
 * Consumes on the spot, without the loop, up to `position`: a producer position, now or before.
 * -EAGAIN if a record there stays busy for 10 ms, -EINVAL if nothing was produced up to there,
 * -EBADMSG as stream_error().
 */
int stream_drain(struct stream *stream, uint64_t position);

/*
 * Records consumed of this generation since it was loaded, over restarts, each counted once. Of
 * them, `again` may have been delivered before a kill already, and `dropped` were not taken by the
 * sink.
 */
uint64_t stream_consumed(const struct stream *stream);
/* Of them, those of one CPU. */
uint64_t stream_consumed_on(const struct stream *stream, unsigned cpu);
uint64_t stream_again(const struct stream *stream);
uint64_t stream_dropped(const struct stream *stream);
/* Of consumed: those that Check= kept back. */
uint64_t stream_mismatched(const struct stream *stream);
/* Whether some of what the generation consumed is not in its counts, see bpf/abi.h. */
bool stream_is_partial(const struct stream *stream);

/*
 * Looks at what was consumed by this stream lately and still lies in the ring's memory, oldest
 * first: reading is not slowed by it, and nothing was kept for it. `record` is a copy, valid for
 * the call; `again` is as it was when the record was delivered.
 */
typedef void (*stream_past_fn)(const struct ring_record *record, bool again, void *data);
void stream_visit_past(const struct stream *stream, stream_past_fn visit, void *data);
const struct decoder *stream_decoder(const struct stream *stream);

/*
 * 0, or -EBADMSG: what is in the ring's memory contradicts itself (see ring.h), and the loop reads
 * nothing more of it.
 */
int stream_error(const struct stream *stream);

/* Records between consumer and producer now (counts them: for receipts and status). */
uint64_t stream_waiting(const struct stream *stream);

/*
 * Bytes: of the ring's data, of what is produced and not consumed now, and the most of that which a
 * turn of this stream has found.
 */
uint64_t stream_size(const struct stream *stream);
uint64_t stream_fill(const struct stream *stream);
uint64_t stream_peak(const struct stream *stream);
