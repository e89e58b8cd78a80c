/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "bpf/record.h"
#include "daemon/events/outlets.h"
#include "lib/cleanup.h"
#include "lib/fault.h"
#include "lib/macro.h"

/* Records between one mark and the next commit; they are looked at twice, so they should stay
 * cached. */
#define BATCH_RECORDS 256
/* Records between the same where nobody wants lines: nothing is looked at twice. */
#define PASS_RECORDS 4096
/* Where records are counted only, the head of the one that comes so many records later is fetched
 * if they are so far apart; what lies closer together the processor fetches by itself. */
#define AHEAD_RECORDS 8
#define AHEAD_STRIDE  256
/* Batches between two looks at the rest of the loop. */
#define TURN_BATCHES 16

/* How long a record waits whose producer asked for no wake-up, or lost the race for one. */
#define LOOK_USEC (100UL * 1000)
/* The ring is readable while its head is busy, so a descriptor in the loop would spin: wait this.
 */
#define BUSY_USEC	    1000
#define TIMER_ACCURACY_USEC 500

/* stream_drain() waits this many times BUSY_USEC for one record. */
#define DRAIN_PATIENCE 10

#define NOWHERE UINT64_MAX

/* Batches that stream_visit_past() finds. */
#define PAST_BATCHES 128
/* And how far back it looks, so that nobody waits long. */
#define PAST_BYTES (4UL * 1024 * 1024)

struct stream {
	int ring_fd;
	struct ring *ring;
	int cpu; /* whose ring it is, or LEDGER_ALL_CPUS */
	struct ebpfd_ledger_row *row;
	struct decoder *decoder;
	struct outlets outlets;
	uint64_t past[PAST_BATCHES]; /* where the last batches began */
	uint64_t batches;	     /* consumed by this stream */
	uint64_t again_until;	     /* what a predecessor had in hand */
	uint64_t peak;		     /* bytes: the most that a batch began with */
	bool has_header;	     /* the decoder's records have one */

	bool held;
	bool busy; /* the head was, at the last look */
	int error; /* why nothing more is read, or 0 */
	sd_event_source *readable;
	sd_event_source *timer;
	sd_event_source *report; /* calls `reached` back, never from within a caller of ours */

	uint64_t reached_position;
	stream_reached_fn reached; /* NULL: nobody waits */
	void *reached_data;
};

/* ---- batches -------------------------------------------------------------------------------- */

/* Records in a row that are delivered and counted together. */
struct batch {
	uint64_t start, end; /* positions */
	size_t count;
	size_t again; /* the first so many may have been delivered already */
	struct ring_record records[BATCH_RECORDS];
};

/* What may be read now, up to `limit`. -EBADMSG: the ring's positions contradict each other. */
static int find_span(struct stream *stream, uint64_t limit, uint64_t *start, uint64_t *end)
{
	uint64_t produced;
	int err;

	*start = ring_consumer_position(stream->ring);
	produced = ring_producer_position(stream->ring);
	*end = MIN(produced, limit);
	err = ring_check(stream->ring, *start, produced);
	if (!err)
		stream->peak = MAX(stream->peak, produced - *start);
	return err;
}

/* Collects what lies before `limit`. An error only if that is nothing; -EAGAIN: the head is busy.
 */
static int batch_collect(struct stream *stream, uint64_t limit, struct batch *batch)
{
	uint64_t in_hand = stream->row->in_hand;
	uint64_t end;
	int got = find_span(stream, limit, &batch->start, &end);

	if (got < 0)
		return got;
	batch->end = batch->start;
	batch->count = 0;
	batch->again = 0;
	while (batch->count < BATCH_RECORDS) {
		got = ring_next_before(stream->ring, &batch->end, end,
				       &batch->records[batch->count]);
		if (got <= 0)
			break;
		batch->count++;
		if (batch->end <= in_hand)
			batch->again = batch->count;
	}
	return got < 0 && batch->end == batch->start ? got : 0;
}

/* Returns the number of lines that the sink did not take. */
static uint64_t batch_deliver(struct stream *stream, const struct batch *batch)
{
	if (!outlets_listen(&stream->outlets))
		return 0;
	for (size_t i = 0; i < batch->count; i++)
		outlets_put(&stream->outlets, &batch->records[i], i < batch->again);
	return outlets_flush(&stream->outlets);
}

/* The cell of a row that a record counts in. */
static uint32_t cell_of(const struct stream *stream, const struct ring_record *record,
			uint32_t cells)
{
	const struct ebpfd_record *header = record->data;

	if (!stream->has_header || record->length < sizeof(*header) || header->cpu >= cells)
		return 0;
	return header->cpu;
}

static void batch_count(struct stream *stream, const struct batch *batch, uint64_t dropped)
{
	struct ebpfd_ledger_set *set = ledger_row_begin(stream->row);

	for (size_t i = 0; i < batch->count; i++)
		set->consumed[cell_of(stream, &batch->records[i], stream->row->cells)]++;
	set->again += batch->again;
	set->dropped += dropped;
	set->mismatched += stream->outlets.mismatched;
	stream->outlets.mismatched = 0;
	set->position = batch->end;
	ledger_row_commit(stream->row);
}

static void release_batch(struct stream *stream, uint64_t start, uint64_t end)
{
	ring_release(stream->ring, end);
	stream->past[stream->batches++ % PAST_BATCHES] = start;
}

static int deliver_batch(struct stream *stream, uint64_t limit)
{
	struct batch batch;
	uint64_t dropped;
	int err = batch_collect(stream, limit, &batch);

	if (err)
		return err;
	if (batch.end == batch.start)
		return 0;
	ledger_row_mark(stream->row, batch.end);
	dropped = batch_deliver(stream, &batch);
	fault_point("events", "delivered");
	batch_count(stream, &batch, dropped);
	release_batch(stream, batch.start, batch.end);
	return 1;
}

/*
 * A batch that nobody wants lines of, counted in one pass. The counts go to the set that is not in
 * force, so it does not matter how far a kill lets them come.
 */
static int pass_batch(struct stream *stream, uint64_t limit)
{
	struct ebpfd_ledger_set *set = ledger_row_begin(stream->row);
	uint32_t cells = stream->row->cells;
	uint64_t start, position, end;
	int got = find_span(stream, limit, &start, &end);

	if (got < 0)
		return got;
	position = start;
	for (size_t i = 0; i < PASS_RECORDS; i++) {
		struct ring_record record;
		uint64_t stride = position;

		got = ring_next_before(stream->ring, &position, end, &record);
		if (got <= 0)
			break;
		stride = position - stride;
		if (stride >= AHEAD_STRIDE)
			ring_prefetch(stream->ring, position + AHEAD_RECORDS * stride, end);
		set->consumed[cell_of(stream, &record, cells)]++;
	}
	if (position == start)
		return got;
	set->position = position;
	ledger_row_commit(stream->row);
	release_batch(stream, start, position);
	return 1;
}

/* Whether anything was consumed: 1, 0, -EAGAIN if the head is busy, or -EBADMSG. */
static int consume_batch(struct stream *stream, uint64_t limit)
{
	bool again = ring_consumer_position(stream->ring) < stream->row->in_hand;

	if (again || outlets_listen(&stream->outlets))
		return deliver_batch(stream, limit);
	return pass_batch(stream, limit);
}

/* ---- the loop ------------------------------------------------------------------------------- */

/* Puts the sources in the state that the stream is in. Sources that are absent are left alone. */
static int arm(struct stream *stream)
{
	bool reading = !stream->held && !stream->error;
	int err;

	if (!stream->timer)
		return 0;
	err = sd_event_source_set_enabled(stream->readable,
					  reading && !stream->busy ? SD_EVENT_ON : SD_EVENT_OFF);
	if (err < 0)
		return err;
	if (!reading)
		return sd_event_source_set_enabled(stream->timer, SD_EVENT_OFF);
	err = sd_event_source_set_time_relative(stream->timer,
						stream->busy ? BUSY_USEC : LOOK_USEC);
	if (err < 0)
		return err;
	return sd_event_source_set_enabled(stream->timer, SD_EVENT_ONESHOT);
}

static bool is_reached(const struct stream *stream)
{
	return stream->reached &&
	       (stream->error || ring_consumer_position(stream->ring) >= stream->reached_position);
}

static int report_if_reached(struct stream *stream)
{
	if (!stream->report || !is_reached(stream))
		return 0;
	return sd_event_source_set_enabled(stream->report, SD_EVENT_ONESHOT);
}

static int on_report(sd_event_source *source, void *data)
{
	struct stream *stream = data;
	stream_reached_fn reached = stream->reached;

	(void)source;
	stream->reached = NULL;
	if (reached)
		reached(stream, stream->reached_data); /* may free the stream */
	return 0;
}

/* A bounded number of records, then the loop's other sources again. */
static int take_turn(struct stream *stream)
{
	int got = 1;
	int err;

	for (int i = 0; got > 0 && i < TURN_BATCHES; i++)
		got = consume_batch(stream, NOWHERE);
	stream->busy = got == -EAGAIN;
	if (got == -EBADMSG)
		stream->error = got;
	err = report_if_reached(stream);
	return err < 0 ? err : arm(stream);
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *data)
{
	(void)source, (void)fd, (void)events;
	return take_turn(data);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	(void)source, (void)usec;
	return take_turn(data);
}

static int add_sources(struct stream *stream, sd_event *event)
{
	int err = sd_event_add_defer(event, &stream->report, on_report, stream);

	if (err >= 0)
		err = sd_event_source_set_enabled(stream->report, SD_EVENT_OFF);
	if (err >= 0)
		err = sd_event_add_io(event, &stream->readable, stream->ring_fd, EPOLLIN,
				      on_readable, stream);
	if (err >= 0)
		err = sd_event_add_time_relative(event, &stream->timer, CLOCK_MONOTONIC, LOOK_USEC,
						 TIMER_ACCURACY_USEC, on_timer, stream);
	return err < 0 ? err : 0;
}

static void drop_sources(struct stream *stream)
{
	stream->readable = sd_event_source_disable_unref(stream->readable);
	stream->timer = sd_event_source_disable_unref(stream->timer);
	stream->report = sd_event_source_disable_unref(stream->report);
}

int stream_start(struct stream *stream, sd_event *event)
{
	int err;

	if (stream->timer)
		return -EALREADY;
	err = add_sources(stream, event);
	if (err >= 0)
		err = arm(stream);
	if (err < 0) {
		drop_sources(stream);
		return err;
	}
	return 0;
}

void stream_hold(struct stream *stream, bool held)
{
	if (stream->held == held)
		return;
	stream->held = held;
	stream->busy = false;
	/* Cannot fail: the sources are there, on a loop that still runs. */
	(void)arm(stream);
}

int stream_when_reached(struct stream *stream, uint64_t position, stream_reached_fn reached,
			void *data)
{
	int err;

	if (!stream->report)
		return -EINVAL;
	if (stream->reached)
		return -EBUSY;
	stream->reached = reached;
	stream->reached_position = position;
	stream->reached_data = data;
	err = report_if_reached(stream);
	if (err < 0) {
		stream->reached = NULL;
		return err;
	}
	return 0;
}

int stream_drain(struct stream *stream, uint64_t position)
{
	int patience = DRAIN_PATIENCE;

	while (ring_consumer_position(stream->ring) < position) {
		int got = consume_batch(stream, position);

		if (got == 0)
			return -EINVAL; /* nothing was ever produced up to there */
		if (got > 0)
			patience = DRAIN_PATIENCE;
		else if (got == -EAGAIN && patience-- > 0)
			usleep(BUSY_USEC);
		else
			return got;
	}
	return report_if_reached(stream);
}

/* ---- life ----------------------------------------------------------------------------------- */

/*
 * Takes the row over from the last reader. What it counted it delivered, so the ring's position
 * follows the counts. Positions that the ring has not come to yet are those of another ring.
 */
static int adopt_row(struct stream *stream, const struct stream_settings *settings)
{
	uint64_t produced = ring_producer_position(stream->ring);
	uint64_t counted;

	stream->row = ledger_row_open(&settings->ledger, &settings->place, settings->generation);
	if (!stream->row)
		return -EINVAL;
	counted = ledger_row_current(stream->row)->position;
	if (counted > produced || counted % 8 != 0 || stream->row->in_hand > produced)
		return -EINVAL;
	if (counted > ring_consumer_position(stream->ring))
		ring_release(stream->ring, counted);
	return 0;
}

static void stream_free_pointer(struct stream **stream)
{
	stream_free(*stream);
}

static void free_ring(struct ring **ring)
{
	ring_free(*ring);
}

int stream_new(const struct stream_settings *settings, struct stream **ret)
{
	CLEANUP(free_ring) struct ring *ring = NULL;
	int err = ring_new(settings->ring_fd, &ring);

	if (!err)
		err = stream_over(settings, ring, ret);
	if (!err)
		(void)TAKE_PTR(ring);
	return err;
}

int stream_over(const struct stream_settings *settings, struct ring *ring, struct stream **ret)
{
	CLEANUP(stream_free_pointer) struct stream *stream = NULL;
	int err;

	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return -ENOMEM;
	stream->ring_fd = fcntl(settings->ring_fd, F_DUPFD_CLOEXEC, 3);
	if (stream->ring_fd < 0)
		return -errno;
	stream->ring = ring;
	err = adopt_row(stream, settings);
	if (err) {
		stream->ring = NULL; /* stays the caller's */
		return err;
	}
	stream->cpu = settings->place.cpu;
	stream->again_until = stream->row->in_hand;
	stream->decoder = settings->decoder;
	stream->has_header = decoder_has_header(settings->decoder);
	stream->outlets = (struct outlets){.decoder = settings->decoder,
					   .check = settings->check,
					   .sink = settings->sink,
					   .audience = settings->audience,
					   .generation = settings->generation};
	*ret = TAKE_PTR(stream);
	return 0;
}

struct stream *stream_free(struct stream *stream)
{
	if (!stream)
		return NULL;
	drop_sources(stream);
	ring_free(stream->ring);
	close_and_forget(&stream->ring_fd);
	outlets_deinit(&stream->outlets);
	free(stream);
	return NULL;
}

/* ---- questions ------------------------------------------------------------------------------ */

uint64_t stream_producer_position(const struct stream *stream)
{
	return ring_producer_position(stream->ring);
}

uint64_t stream_consumer_position(const struct stream *stream)
{
	return ring_consumer_position(stream->ring);
}

uint64_t stream_consumed(const struct stream *stream)
{
	return ledger_row_consumed(stream->row);
}

uint64_t stream_consumed_on(const struct stream *stream, unsigned cpu)
{
	const struct ebpfd_ledger_set *set = ledger_row_current(stream->row);

	if (stream->cpu != LEDGER_ALL_CPUS)
		return stream->cpu == (int)cpu ? set->consumed[0] : 0;
	return cpu < stream->row->cells ? set->consumed[cpu] : 0;
}

uint64_t stream_again(const struct stream *stream)
{
	return ledger_row_current(stream->row)->again;
}

uint64_t stream_mismatched(const struct stream *stream)
{
	return ledger_row_current(stream->row)->mismatched;
}

uint64_t stream_dropped(const struct stream *stream)
{
	return ledger_row_current(stream->row)->dropped;
}

bool stream_is_partial(const struct stream *stream)
{
	return stream->row->partial;
}

int stream_error(const struct stream *stream)
{
	return stream->error;
}

uint64_t stream_waiting(const struct stream *stream)
{
	return ring_waiting(stream->ring);
}

uint64_t stream_size(const struct stream *stream)
{
	return stream->ring->size;
}

/* The consumer first: what is produced behind it never is less. */
uint64_t stream_fill(const struct stream *stream)
{
	uint64_t consumed = ring_consumer_position(stream->ring);

	return MIN(ring_producer_position(stream->ring) - consumed, stream->ring->size);
}

uint64_t stream_peak(const struct stream *stream)
{
	return MAX(stream->peak, stream_fill(stream));
}

/* ---- the past ------------------------------------------------------------------------------- */

/* From one batch's start as far as records are still whole. False: memory is out. */
static bool visit_from(const struct stream *stream, uint64_t *position, char **buffer, size_t *room,
		       stream_past_fn visit, void *data)
{
	struct ring_record record;
	int got;

	while ((got = ring_copy_past(stream->ring, position, buffer, room, &record)) > 0)
		if (check_holds(stream->outlets.check, &record))
			visit(&record, *position <= stream->again_until, data);
	return got != -ENOMEM;
}

void stream_visit_past(const struct stream *stream, stream_past_fn visit, void *data)
{
	uint64_t index = stream->batches > PAST_BATCHES ? stream->batches - PAST_BATCHES : 0;
	cleanup_free char *buffer = NULL;
	uint64_t end = ring_consumer_position(stream->ring);
	uint64_t position = end > PAST_BYTES ? end - PAST_BYTES : 0;
	size_t room = 0;
	bool going = true;

	/* Where a batch is overwritten, the next one may be whole. */
	for (; going && index < stream->batches; index++) {
		uint64_t start = stream->past[index % PAST_BATCHES];

		if (start >= position) {
			position = start;
			going = visit_from(stream, &position, &buffer, &room, visit, data);
		}
	}
}

const struct decoder *stream_decoder(const struct stream *stream)
{
	return stream->decoder;
}
