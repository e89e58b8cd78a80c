/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of rings against rings that the kernel fills. */
#include <bpf/bpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/events/ring.h"
#include "lib/cleanup.h"
#include "tests/support/emitter.h"
#include "tests/support/quiet.h"

#define RING_SIZE 4096

struct bench {
	struct emitter emitter;
	struct ring *ring;
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
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
