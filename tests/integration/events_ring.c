/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of rings against rings that the kernel fills. */
#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/events/ring.h"
#include "lib/cleanup.h"
#include "lib/macro.h"
#include "tests/support/emitter.h"
#include "tests/support/quiet.h"

#define RING_SIZE 4096

struct bench {
	struct emitter emitter;
	struct ring *ring;
	bool is_over; /* a producer of its own thread has ended */
};

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	*state = bench;
	if (!bench || emitter_set_up(RING_SIZE, &bench->emitter) < 0)
		return -1;
	return ring_new(bench->emitter.ring_fd, &bench->ring);
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	ring_free(bench->ring);
	emitter_take_down(&bench->emitter);
	free(bench);
	return 0;
}

static void emit(struct bench *bench, uint32_t count, uint32_t length)
{
	assert_int_equal(emitter_emit(&bench->emitter, count, length), 0);
}

static void expect_record(struct bench *bench, uint64_t *position, uint64_t sequence,
			  uint32_t length)
{
	struct ring_record record;
	const struct emit_event *event;

	assert_int_equal(ring_next(bench->ring, position, &record), 1);
	assert_int_equal(record.length, length);
	event = record.data;
	assert_int_equal(event->sequence, sequence);
	if (length > sizeof(*event))
		assert_int_equal(((const uint8_t *)record.data)[length - 1], (uint8_t)sequence);
}

static void expect_nothing(struct bench *bench, uint64_t *position)
{
	struct ring_record record;

	assert_int_equal(ring_next(bench->ring, position, &record), 0);
}

static void other_maps_are_refused(void **state)
{
	/* One that could be mapped as a ring is. */
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	cleanup_close int fd =
		bpf_map_create(BPF_MAP_TYPE_ARRAY, "array", 4, 8, RING_SIZE, &options);
	struct ring *ring = (void *)1;

	(void)state;
	assert_int_equal(ring_new(fd, &ring), -EINVAL);
	assert_true(ring_new(-1, &ring) < 0);
	assert_ptr_equal(ring, (void *)1);
	assert_null(ring_free(NULL));
}

static void empty_ring_has_nothing(void **state)
{
	struct bench *bench = *state;
	uint64_t position = ring_consumer_position(bench->ring);

	expect_nothing(bench, &position);
	assert_int_equal(position, 0);
	assert_int_equal(ring_producer_position(bench->ring), 0);
	assert_int_equal(ring_waiting(bench->ring), 0);
}

static void records_come_in_order_with_their_length(void **state)
{
	struct bench *bench = *state;
	uint64_t position = 0;

	emit(bench, 2, 32);
	emit(bench, 1, 33);
	emit(bench, 1, 40);
	assert_int_equal(ring_waiting(bench->ring), 4);
	expect_record(bench, &position, 1, 32);
	expect_record(bench, &position, 2, 32);
	expect_record(bench, &position, 3, 33);
	/* Up to a multiple of 8, with a header of 8 each. */
	assert_int_equal(position, 40 + 40 + 48);
	expect_record(bench, &position, 4, 40);
	expect_nothing(bench, &position);
	assert_int_equal(position, ring_producer_position(bench->ring));
}

static void looking_gives_nothing_back(void **state)
{
	struct bench *bench = *state;
	uint64_t position = 0;

	emit(bench, 200, 32);
	assert_int_equal(bench->emitter.orders->failed, 200 - RING_SIZE / 40);
	for (unsigned i = 1; i <= RING_SIZE / 40; i++)
		expect_record(bench, &position, i, 32);
	emit(bench, 1, 32);
	assert_int_equal(bench->emitter.orders->failed, 200 - RING_SIZE / 40 + 1);
	assert_int_equal(ring_consumer_position(bench->ring), 0);
	ring_release(bench->ring, position);
	emit(bench, 1, 32);
	expect_record(bench, &position, 202, 32);
}

static void record_across_the_end_of_the_ring_is_whole(void **state)
{
	struct bench *bench = *state;
	uint64_t position = 0, sequence = 0;

	/* 1008 bytes each with the header: no lap begins where the last one did. */
	while (position < 20 * RING_SIZE) {
		emit(bench, 2, 1000);
		expect_record(bench, &position, ++sequence, 1000);
		expect_record(bench, &position, ++sequence, 1000);
		ring_release(bench->ring, position);
	}
	assert_int_equal(bench->emitter.orders->failed, 0);
}

static void discarded_records_are_passed_over(void **state)
{
	struct bench *bench = *state;
	uint64_t position = 0;

	bench->emitter.orders->discard_every = 2;
	emit(bench, 6, 32);
	assert_int_equal(ring_waiting(bench->ring), 3);
	expect_record(bench, &position, 1, 32);
	expect_record(bench, &position, 3, 32);
	expect_record(bench, &position, 5, 32);
	expect_nothing(bench, &position);
	assert_int_equal(position, ring_producer_position(bench->ring));
}

static void ring_of_discarded_records_is_empty(void **state)
{
	struct bench *bench = *state;
	uint64_t position = 0;

	bench->emitter.orders->discard_every = 1;
	emit(bench, 3, 32);
	expect_nothing(bench, &position);
	assert_int_equal(position, ring_producer_position(bench->ring));
	assert_int_equal(ring_waiting(bench->ring), 0);
}

static void position_survives_reopening(void **state)
{
	struct bench *bench = *state;
	uint64_t position = 0;

	emit(bench, 3, 32);
	expect_record(bench, &position, 1, 32);
	ring_release(bench->ring, position);
	expect_record(bench, &position, 2, 32);
	bench->ring = ring_free(bench->ring);

	assert_int_equal(ring_new(bench->emitter.ring_fd, &bench->ring), 0);
	position = ring_consumer_position(bench->ring);
	expect_record(bench, &position, 2, 32);
	expect_record(bench, &position, 3, 32);
	expect_nothing(bench, &position);
}

static void busy_record_stops_the_reader(void **state)
{
	struct bench *bench = *state;
	struct ring_record record;
	uint64_t position = 0, waiting;
	int got;

	emit(bench, 1, 32);
	assert_int_equal(emitter_hold(&bench->emitter), 0);
	expect_record(bench, &position, 1, 32);
	got = ring_next(bench->ring, &position, &record);
	emit(bench, 1, 32);
	waiting = ring_waiting(bench->ring);
	emitter_let_go(&bench->emitter);

	assert_int_equal(got, -EAGAIN);
	assert_int_equal(waiting, 3);
	assert_int_equal(position, 40);
	expect_record(bench, &position, 2, 32);
	expect_record(bench, &position, 3, 32);
}

/* ---- looking back --------------------------------------------------------------------------- */

/* Records that a restless producer makes, four at a time. */
#define RESTLESS 12000

struct past {
	uint64_t position;
	char *buffer;
	size_t room;
};

/* Emits and consumes; the sequences go on from the last ones. */
static void consume(struct bench *bench, uint32_t count, uint32_t length)
{
	uint64_t position = ring_consumer_position(bench->ring);
	struct ring_record record;

	emit(bench, count, length);
	while (ring_next(bench->ring, &position, &record) > 0)
		;
	ring_release(bench->ring, position);
	assert_int_equal(bench->emitter.orders->failed, 0);
}

static void expect_past(struct bench *bench, struct past *past, uint64_t sequence, uint32_t length)
{
	struct ring_record record;
	const struct emit_event *event;

	assert_int_equal(
		ring_copy_past(bench->ring, &past->position, &past->buffer, &past->room, &record),
		1);
	assert_int_equal(record.length, length);
	assert_ptr_equal(record.data, past->buffer);
	event = record.data;
	assert_int_equal(event->sequence, sequence);
	if (length > sizeof(*event))
		assert_int_equal(((const uint8_t *)record.data)[length - 1], (uint8_t)sequence);
}

static void expect_no_past(struct bench *bench, struct past *past, int expected)
{
	struct ring_record record = {};
	uint64_t position = past->position;

	assert_int_equal(
		ring_copy_past(bench->ring, &past->position, &past->buffer, &past->room, &record),
		expected);
	assert_int_equal(past->position, position);
	assert_null(record.data);
}

static void past_ends_at_the_consumer(void **state)
{
	struct bench *bench = *state;
	struct past past = {};

	expect_no_past(bench, &past, 0);
	bench->emitter.orders->discard_every = 3;
	consume(bench, 3, 32);
	bench->emitter.orders->discard_every = 0;
	consume(bench, 1, 100);
	emit(bench, 1, 32);
	expect_past(bench, &past, 1, 32);
	expect_past(bench, &past, 2, 32);
	expect_past(bench, &past, 4, 100);
	/* The fifth is not consumed yet. */
	expect_no_past(bench, &past, 0);
	free(past.buffer);
}

static void past_across_the_end_of_the_ring_is_whole(void **state)
{
	struct bench *bench = *state;
	struct past past = {};

	/* 1008 bytes each with the header: the fifth, ninth, … lie across the end. */
	consume(bench, 3, 1000);
	for (uint64_t sequence = 4; sequence < 60; sequence++) {
		past.position = ring_consumer_position(bench->ring) - 2UL * 1008;
		consume(bench, 1, 1000);
		expect_past(bench, &past, sequence - 2, 1000);
		expect_past(bench, &past, sequence - 1, 1000);
		expect_past(bench, &past, sequence, 1000);
		expect_no_past(bench, &past, 0);
	}
	free(past.buffer);
}

static void past_that_was_overtaken_is_stale(void **state)
{
	struct bench *bench = *state;
	struct past past = {};

	/* Four of 1008 bytes leave 64: one of 40 more fits, and one of 24. */
	consume(bench, 4, 1000);
	expect_past(bench, &past, 1, 1000);
	past.position = 0;
	consume(bench, 1, 32);
	expect_past(bench, &past, 1, 1000);
	past.position = 0;
	consume(bench, 1, 1000);
	expect_no_past(bench, &past, -ESTALE);
	/* Its successor is whole, up to the last. */
	past.position = 1008;
	expect_past(bench, &past, 2, 1000);
	expect_past(bench, &past, 3, 1000);
	expect_past(bench, &past, 4, 1000);
	expect_past(bench, &past, 5, 32);
	expect_past(bench, &past, 6, 1000);
	expect_no_past(bench, &past, 0);
	free(past.buffer);
}

/* What is produced but not consumed yet overtakes as well. */
static void past_is_stale_from_where_producers_are(void **state)
{
	struct bench *bench = *state;
	struct past past = {};

	consume(bench, 4, 1000);
	emit(bench, 2, 1000);
	expect_no_past(bench, &past, -ESTALE);
	past.position = 1008;
	expect_no_past(bench, &past, -ESTALE);
	past.position = 2UL * 1008;
	expect_past(bench, &past, 3, 1000);
	expect_past(bench, &past, 4, 1000);
	expect_no_past(bench, &past, 0);
	free(past.buffer);
}

/* A producer that never rests: what is copied is whole or refused, and never a mixture. */
static void *emit_on(void *data)
{
	struct bench *bench = data;

	for (int i = 0; i < RESTLESS / 4 && emitter_emit(&bench->emitter, 4, 1000) == 0; i++)
		ring_release(bench->ring, ring_producer_position(bench->ring));
	__atomic_store_n(&bench->is_over, true, __ATOMIC_RELEASE);
	return NULL;
}

static void past_is_never_a_mixture(void **state)
{
	struct bench *bench = *state;
	struct past past = {};
	unsigned stale = 0;
	pthread_t producer;

	assert_int_equal(pthread_create(&producer, NULL, emit_on, bench), 0);
	while (!__atomic_load_n(&bench->is_over, __ATOMIC_ACQUIRE)) {
		struct ring_record record;
		int got = ring_copy_past(bench->ring, &past.position, &past.buffer, &past.room,
					 &record);
		const struct emit_event *event = record.data;

		assert_true(got == 1 || got == 0 || got == -ESTALE);
		if (got == 1) {
			assert_int_equal(record.length, 1000);
			assert_int_equal(event->sequence, past.position / 1008);
			assert_int_equal(((const uint8_t *)record.data)[999],
					 (uint8_t)event->sequence);
		} else {
			stale += got == -ESTALE;
			past.position = ring_consumer_position(bench->ring);
			past.position -= MIN(past.position, 3UL * 1008);
		}
	}
	pthread_join(producer, NULL);
	assert_int_equal(bench->emitter.orders->sequence, RESTLESS);
	assert_int_equal(bench->emitter.orders->failed, 0);
	assert_true(stale > 0);
	free(past.buffer);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_maps_are_refused),
		CASE(empty_ring_has_nothing),
		CASE(records_come_in_order_with_their_length),
		CASE(looking_gives_nothing_back),
		CASE(record_across_the_end_of_the_ring_is_whole),
		CASE(discarded_records_are_passed_over),
		CASE(ring_of_discarded_records_is_empty),
		CASE(position_survives_reopening),
		CASE(busy_record_stops_the_reader),
		CASE(past_ends_at_the_consumer),
		CASE(past_across_the_end_of_the_ring_is_whole),
		CASE(past_that_was_overtaken_is_stale),
		CASE(past_is_stale_from_where_producers_are),
		CASE(past_is_never_a_mixture),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
