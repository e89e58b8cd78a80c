/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Streams from rings that the kernel fills, on a loop; kills in every phase. */
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/events/stream.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/macro.h"
#include "tests/support/child.h"
#include "tests/support/emitter.h"
#include "tests/support/ledger.h"
#include "tests/support/quiet.h"

#define RING_SIZE (4 * 1024 * 1024)
#define CPUS	  4
#define FILE_MAX_ (64 * 1024 * 1024)
#define LENGTH	  ((uint32_t)sizeof(struct emit_event))
/* In the ring, with the kernel's header. */
#define STRIDE	   (LENGTH + 8)
#define GENERATION 3

/* Kills of real readers, and records for each; the ring has room for all of them. */
#define KILLS	   50
#define KILL_BURST 2003

/* No wait of a test takes longer, unless it failed. */
#define PATIENCE_USEC (5 * 1000 * 1000)

struct bench {
	struct emitter emitter;
	struct ledger ledger;
	bool ledger_is_shared;
	char path[40];
	struct decoder *decoders[2]; /* of GENERATION and the one behind it */
	struct sink *sink;
	struct stream *stream;
	sd_event *loop;
};

/* ---- the bench ------------------------------------------------------------------------------ */

static struct sink *open_sink(enum sink_kind kind, char *path)
{
	struct unit_events events = {.sink = kind, .sink_path = path};
	struct failure failure;
	struct sink *sink;

	if (sink_new(&events, &sink, &failure) < 0)
		fail_msg("%s", failure.text);
	return sink;
}

static struct decoder *make_decoder(struct bench *bench, uint32_t generation)
{
	char *records[] = {"emit_event"};
	struct unit_events events = {.records = records, .record_count = 1};
	struct decoder_settings settings = {
		.unit = "u",
		.generation = generation,
		.events = &events,
		.btf = bpf_object__btf(bench->emitter.object),
	};
	struct failure failure;
	struct decoder *decoder;

	if (decoder_new(&settings, &decoder, &failure) < 0)
		fail_msg("%s", failure.text);
	return decoder;
}

static int new_stream(struct bench *bench, struct emitter *emitter, unsigned bank,
		      uint32_t generation, struct stream **ret)
{
	const struct stream_settings settings = {
		.ring_fd = emitter->ring_fd,
		.ledger = bench->ledger,
		.place = {.bank = bank, .section = 1, .cpu = LEDGER_ALL_CPUS},
		.generation = generation,
		.decoder = bench->decoders[generation - GENERATION],
		.sink = bench->sink,
	};

	return stream_new(&settings, ret);
}

/* Lets the stream go, as a daemon that ends, and makes another from the same ring and ledger. */
static void reopen(struct bench *bench)
{
	bench->stream = stream_free(bench->stream);
	assert_int_equal(new_stream(bench, &bench->emitter, 0, GENERATION, &bench->stream), 0);
}

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	int fd;

	*state = bench;
	if (!bench || emitter_set_up(RING_SIZE, &bench->emitter) < 0)
		return -1;
	bench->ledger.value = ledger_make(CPUS);
	strcpy(bench->path, "/tmp/ebpfd-stream-XXXXXX");
	fd = mkstemp(bench->path);
	if (!bench->ledger.value || fd < 0 || sd_event_new(&bench->loop) < 0)
		return -1;
	close(fd);
	for (uint32_t i = 0; i < 2; i++)
		bench->decoders[i] = make_decoder(bench, GENERATION + i);
	bench->sink = open_sink(SINK_FILE, bench->path);
	return new_stream(bench, &bench->emitter, 0, GENERATION, &bench->stream);
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	stream_free(bench->stream);
	for (int i = 0; i < 2; i++)
		decoder_free(bench->decoders[i]);
	sink_free(bench->sink);
	sd_event_unref(bench->loop);
	unlink(bench->path);
	if (bench->ledger_is_shared)
		munmap(bench->ledger.value, ebpfd_ledger_size(CPUS));
	else
		free(bench->ledger.value);
	emitter_take_down(&bench->emitter);
	free(bench);
	return 0;
}

static void use_sink(struct bench *bench, enum sink_kind kind, char *path)
{
	sink_free(bench->sink);
	bench->sink = open_sink(kind, path);
	reopen(bench);
}

static void emit(struct bench *bench, uint32_t count)
{
	assert_int_equal(emitter_emit(&bench->emitter, count, LENGTH), 0);
	assert_int_equal(bench->emitter.orders->failed, 0);
}

static struct ebpfd_ledger_row *row_of(struct bench *bench)
{
	const struct ledger_place place = {.section = 1, .cpu = LEDGER_ALL_CPUS};

	return ledger_row_open(&bench->ledger, &place, GENERATION);
}

static uint64_t now_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

/* Runs the loop until the stream has consumed `count` records. */
static void run_until_consumed(struct bench *bench, struct stream *stream, uint64_t count)
{
	uint64_t end = now_usec() + PATIENCE_USEC;

	while (stream_consumed(stream) < count) {
		assert_true(now_usec() < end);
		assert_true(sd_event_run(bench->loop, 100 * 1000) >= 0);
	}
	assert_int_equal(stream_consumed(stream), count);
}

/* Runs the loop for a while; returns how often it turned. */
static unsigned run_for(struct bench *bench, uint64_t usec)
{
	uint64_t end = now_usec() + usec, now;
	unsigned turns = 0;

	for (; (now = now_usec()) < end; turns++)
		assert_true(sd_event_run(bench->loop, end - now) >= 0);
	return turns;
}

static void drain(struct bench *bench)
{
	assert_int_equal(stream_drain(bench->stream, stream_producer_position(bench->stream)), 0);
}

/* ---- lines ---------------------------------------------------------------------------------- */

struct line {
	unsigned generation;
	uint64_t sequence;
	bool again;
};

/* False for a line that is torn. */
static bool parse_line(const char *text, struct line *ret)
{
	const char *sequence = strstr(text, "\"sequence\":");

	if (!sequence || text[strlen(text) - 1] != '}' ||
	    sscanf(text, "{\"unit\":\"u\",\"generation\":%u,\"type\":\"emit_event\",",
		   &ret->generation) != 1)
		return false;
	ret->sequence = strtoull(sequence + strlen("\"sequence\":"), NULL, 10);
	ret->again = strstr(text, "\"again\":true");
	return true;
}

/* All whole lines of the file, the caller's to free. */
static struct line *read_lines(struct bench *bench, size_t *ret_count)
{
	cleanup_close int fd = open(bench->path, O_RDONLY);
	cleanup_free char *text = NULL;
	struct line *lines;
	size_t length, count = 0;
	char *save;

	assert_int_equal(file_read_all(fd, FILE_MAX_, &text, &length), 0);
	lines = calloc(length + 1, sizeof(*lines));
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		count += parse_line(line, &lines[count]);
	*ret_count = count;
	return lines;
}

/* The file has the sequences 1 to `count` in order, of which those from..to came again. */
static void expect_lines(struct bench *bench, size_t count, uint64_t from, uint64_t to)
{
	size_t have;
	cleanup_free struct line *lines = read_lines(bench, &have);

	assert_int_equal(have, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(lines[i].sequence, i + 1);
		assert_int_equal(lines[i].again, i + 1 >= from && i + 1 <= to);
	}
}

static void expect_counts(struct bench *bench, uint64_t consumed, uint64_t again, uint64_t dropped)
{
	assert_int_equal(stream_consumed(bench->stream), consumed);
	assert_int_equal(stream_again(bench->stream), again);
	assert_int_equal(stream_dropped(bench->stream), dropped);
}

/* ---- reading -------------------------------------------------------------------------------- */

static void records_reach_the_sink_in_order(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(stream_start(bench->stream, bench->loop), 0);
	emit(bench, 3);
	run_until_consumed(bench, bench->stream, 3);
	emit(bench, 1000);
	run_until_consumed(bench, bench->stream, 1003);
	expect_lines(bench, 1003, 0, 0);
	expect_counts(bench, 1003, 0, 0);
	assert_int_equal(stream_consumer_position(bench->stream), 1003 * STRIDE);
	assert_int_equal(stream_waiting(bench->stream), 0);
}

static void turn_of_the_loop_is_bounded(void **state)
{
	struct bench *bench = *state;
	uint64_t first;

	assert_int_equal(stream_start(bench->stream, bench->loop), 0);
	emit(bench, 20000);
	assert_true(sd_event_run(bench->loop, PATIENCE_USEC) > 0);
	first = stream_consumed(bench->stream);
	assert_in_range(first, 1, 4096);
	assert_int_equal(stream_waiting(bench->stream), 20000 - first);
	run_until_consumed(bench, bench->stream, 20000);
	expect_lines(bench, 20000, 0, 0);
}

static void ring_wraps_around_under_the_stream(void **state)
{
	struct bench *bench = *state;
	uint64_t count = 0;

	assert_int_equal(stream_start(bench->stream, bench->loop), 0);
	while (count * STRIDE < 3 * RING_SIZE) {
		emit(bench, 10007);
		count += 10007;
		run_until_consumed(bench, bench->stream, count);
	}
	expect_lines(bench, count, 0, 0);
}

static void record_wakes_the_loop(void **state)
{
	struct bench *bench = *state;
	uint64_t start;

	assert_int_equal(stream_start(bench->stream, bench->loop), 0);
	start = now_usec();
	for (int i = 1; i <= 10; i++) {
		emit(bench, 1);
		run_until_consumed(bench, bench->stream, i);
	}
	/* The timer alone would take a second. */
	assert_in_range(now_usec() - start, 0, 500 * 1000);
}

static void record_without_wake_up_is_found_by_the_timer(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(stream_start(bench->stream, bench->loop), 0);
	/* Into the wait: nobody asks the ring again before the timer does. */
	run_for(bench, 10 * 1000);
	bench->emitter.orders->flags = BPF_RB_NO_WAKEUP;
	emit(bench, 1);
	run_until_consumed(bench, bench->stream, 1);
	emit(bench, 1);
	run_until_consumed(bench, bench->stream, 2);
}

static void discarded_records_move_the_position_alone(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(stream_start(bench->stream, bench->loop), 0);
	bench->emitter.orders->discard_every = 1;
	emit(bench, 5);
	run_for(bench, 150 * 1000);
	assert_int_equal(stream_consumer_position(bench->stream), 5 * STRIDE);
	expect_counts(bench, 0, 0, 0);
	bench->emitter.orders->discard_every = 2;
	emit(bench, 4);
	run_until_consumed(bench, bench->stream, 2);
}

static void sink_none_is_counted_without_lines(void **state)
{
	struct bench *bench = *state;

	use_sink(bench, SINK_NONE, NULL);
	emit(bench, 500);
	drain(bench);
	expect_counts(bench, 500, 0, 0);
	expect_lines(bench, 0, 0, 0);
}

static void full_sink_drops_counted_lines(void **state)
{
	struct bench *bench = *state;

	use_sink(bench, SINK_FILE, "/dev/full");
	emit(bench, 3000);
	drain(bench);
	expect_counts(bench, 3000, 0, 3000);
	assert_int_equal(sink_error(bench->sink), -ENOSPC);
}

static void records_are_counted_by_the_cpu_of_their_header(void **state)
{
	struct bench *bench = *state;
	const uint32_t cpus[] = {2, 2, 1, CPUS, UINT32_MAX};
	const struct ebpfd_ledger_set *set;

	for (size_t i = 0; i < ARRAY_SIZE(cpus); i++) {
		bench->emitter.orders->event.header.cpu = cpus[i];
		emit(bench, 1);
	}
	drain(bench);
	set = ledger_row_current(row_of(bench));
	/* A CPU that the machine has not is a lie of the program: CPU 0 pays for it. */
	assert_int_equal(set->consumed[0], 2);
	assert_int_equal(set->consumed[1], 1);
	assert_int_equal(set->consumed[2], 2);
	assert_int_equal(set->consumed[3], 0);
}

static void records_of_a_cpus_ring_are_that_cpus(void **state)
{
	struct bench *bench = *state;
	const struct stream_settings settings = {
		.ring_fd = bench->emitter.ring_fd,
		.ledger = bench->ledger,
		.place = {.section = 1, .cpu = 2},
		.generation = GENERATION,
		.decoder = bench->decoders[0],
		.sink = bench->sink,
	};
	struct stream *stream;

	bench->stream = stream_free(bench->stream);
	assert_int_equal(stream_new(&settings, &stream), 0);
	emit(bench, 5); /* their headers say another CPU: the task moved in between */
	assert_int_equal(stream_drain(stream, 5 * STRIDE), 0);
	assert_int_equal(stream_consumed(stream), 5);
	assert_int_equal(stream_consumed_on(stream, 2), 5);
	assert_int_equal(stream_consumed_on(stream, 0), 0);
	assert_int_equal(ledger_row_consumed(row_of(bench)), 0);
	stream_free(stream);
}

static void two_streams_share_a_sink(void **state)
{
	struct bench *bench = *state;
	struct emitter other;
	struct stream *second;
	size_t count, of_second = 0;
	cleanup_free struct line *lines = NULL;

	assert_int_equal(emitter_set_up(RING_SIZE, &other), 0);
	assert_int_equal(new_stream(bench, &other, 1, GENERATION + 1, &second), 0);
	assert_int_equal(stream_start(bench->stream, bench->loop), 0);
	assert_int_equal(stream_start(second, bench->loop), 0);
	emit(bench, 600);
	assert_int_equal(emitter_emit(&other, 700, LENGTH), 0);
	run_until_consumed(bench, bench->stream, 600);
	run_until_consumed(bench, second, 700);

	lines = read_lines(bench, &count);
	assert_int_equal(count, 1300);
	for (size_t i = 0; i < count; i++)
		of_second += lines[i].generation == GENERATION + 1;
	assert_int_equal(of_second, 700);
	stream_free(second);
	emitter_take_down(&other);
}

/* ---- a busy head ---------------------------------------------------------------------------- */

static void busy_head_does_not_spin(void **state)
{
	struct bench *bench = *state;
	uint64_t consumed;
	unsigned turns;

	/* epoll finds the ring readable when it is added, and would do so for ever. */
	assert_int_equal(emitter_hold(&bench->emitter), 0);
	assert_int_equal(stream_start(bench->stream, bench->loop), 0);
	emit(bench, 1);
	turns = run_for(bench, 100 * 1000);
	consumed = stream_consumed(bench->stream);
	emitter_let_go(&bench->emitter);

	assert_int_equal(consumed, 0);
	/* Once a millisecond, and some to begin with. */
	assert_in_range(turns, 0, 150);
	run_until_consumed(bench, bench->stream, 2);
	expect_lines(bench, 2, 0, 0);
}

static void ring_wakes_the_loop_again_after_a_busy_head(void **state)
{
	struct bench *bench = *state;
	uint64_t start;

	assert_int_equal(emitter_hold(&bench->emitter), 0);
	assert_int_equal(stream_start(bench->stream, bench->loop), 0);
	run_for(bench, 20 * 1000);
	emitter_let_go(&bench->emitter);
	run_until_consumed(bench, bench->stream, 1);
	start = now_usec();
	for (int i = 2; i <= 11; i++) {
		emit(bench, 1);
		run_until_consumed(bench, bench->stream, i);
	}
	assert_in_range(now_usec() - start, 0, 500 * 1000);
}

static void drain_gives_up_on_a_record_that_stays_busy(void **state)
{
	struct bench *bench = *state;
	uint64_t end;
	int err;

	emit(bench, 2);
	assert_int_equal(emitter_hold(&bench->emitter), 0);
	end = stream_producer_position(bench->stream);
	err = stream_drain(bench->stream, end);
	emitter_let_go(&bench->emitter);

	assert_int_equal(err, -EAGAIN);
	expect_counts(bench, 2, 0, 0);
	assert_int_equal(stream_drain(bench->stream, end), 0);
	expect_counts(bench, 3, 0, 0);
}

/* ---- hold, drain, reached ------------------------------------------------------------------- */

static void held_stream_reads_nothing(void **state)
{
	struct bench *bench = *state;

	stream_hold(bench->stream, true);
	assert_int_equal(stream_start(bench->stream, bench->loop), 0);
	emit(bench, 5);
	run_for(bench, 150 * 1000);
	expect_counts(bench, 0, 0, 0);
	assert_int_equal(stream_waiting(bench->stream), 5);
	stream_hold(bench->stream, false);
	run_until_consumed(bench, bench->stream, 5);

	stream_hold(bench->stream, true);
	emit(bench, 5);
	run_for(bench, 150 * 1000);
	expect_counts(bench, 5, 0, 0);
}

static void drain_stops_at_its_position(void **state)
{
	struct bench *bench = *state;
	uint64_t position;

	emit(bench, 300);
	position = stream_producer_position(bench->stream);
	emit(bench, 2);
	stream_hold(bench->stream, true);
	assert_int_equal(stream_drain(bench->stream, position), 0);
	expect_counts(bench, 300, 0, 0);
	assert_int_equal(stream_consumer_position(bench->stream), position);
	assert_int_equal(stream_drain(bench->stream, position), 0);
	assert_int_equal(stream_drain(bench->stream, 303 * STRIDE), -EINVAL);
}

struct call {
	unsigned count;
	uint64_t consumed;
	bool free_stream;
	struct bench *bench;
};

static void count_call(struct stream *stream, void *data)
{
	struct call *call = data;

	call->count++;
	call->consumed = stream_consumed(stream);
	if (call->free_stream)
		call->bench->stream = stream_free(stream);
}

static void position_is_reported_once_when_reached(void **state)
{
	struct bench *bench = *state;
	struct call call = {};

	assert_int_equal(stream_when_reached(bench->stream, 0, count_call, &call), -EINVAL);
	assert_int_equal(stream_start(bench->stream, bench->loop), 0);
	stream_hold(bench->stream, true);
	emit(bench, 10);
	assert_int_equal(stream_when_reached(bench->stream, 10 * STRIDE, count_call, &call), 0);
	assert_int_equal(stream_when_reached(bench->stream, 10 * STRIDE, count_call, &call),
			 -EBUSY);
	run_for(bench, 20 * 1000);
	assert_int_equal(call.count, 0);
	stream_hold(bench->stream, false);
	run_for(bench, 50 * 1000);
	assert_int_equal(call.count, 1);
	assert_int_equal(call.consumed, 10);
	emit(bench, 10);
	run_until_consumed(bench, bench->stream, 20);
	run_for(bench, 10 * 1000);
	assert_int_equal(call.count, 1);
}

static void position_that_is_reached_is_reported_from_the_loop(void **state)
{
	struct bench *bench = *state;
	struct call call = {};

	emit(bench, 1);
	drain(bench);
	assert_int_equal(stream_start(bench->stream, bench->loop), 0);
	stream_hold(bench->stream, true);
	assert_int_equal(stream_when_reached(bench->stream, STRIDE, count_call, &call), 0);
	assert_int_equal(call.count, 0);
	run_for(bench, 10 * 1000);
	assert_int_equal(call.count, 1);
}

static void drain_reports_as_the_loop_does(void **state)
{
	struct bench *bench = *state;
	struct call call = {};

	assert_int_equal(stream_start(bench->stream, bench->loop), 0);
	stream_hold(bench->stream, true);
	emit(bench, 1);
	assert_int_equal(stream_when_reached(bench->stream, STRIDE, count_call, &call), 0);
	drain(bench);
	assert_int_equal(call.count, 0);
	run_for(bench, 10 * 1000);
	assert_int_equal(call.count, 1);
}

static void stream_may_be_freed_by_its_report(void **state)
{
	struct bench *bench = *state;
	struct call call = {.free_stream = true, .bench = bench};

	assert_int_equal(stream_start(bench->stream, bench->loop), 0);
	emit(bench, 1);
	assert_int_equal(stream_when_reached(bench->stream, STRIDE, count_call, &call), 0);
	run_for(bench, 20 * 1000);
	assert_int_equal(call.count, 1);
	assert_null(bench->stream);
	emit(bench, 1);
	run_for(bench, 150 * 1000);
	expect_lines(bench, 1, 0, 0);
}

/* ---- restarts and kills --------------------------------------------------------------------- */

static void next_stream_goes_on_where_the_last_stopped(void **state)
{
	struct bench *bench = *state;

	emit(bench, 10);
	assert_int_equal(stream_drain(bench->stream, 4 * STRIDE), 0);
	reopen(bench);
	expect_counts(bench, 4, 0, 0);
	assert_int_equal(stream_waiting(bench->stream), 6);
	drain(bench);
	expect_counts(bench, 10, 0, 0);
	expect_lines(bench, 10, 0, 0);
}

static void other_generation_begins_with_an_empty_row(void **state)
{
	struct bench *bench = *state;

	emit(bench, 2);
	drain(bench);
	bench->stream = stream_free(bench->stream);
	assert_int_equal(new_stream(bench, &bench->emitter, 0, GENERATION + 1, &bench->stream), 0);
	expect_counts(bench, 0, 0, 0);
	emit(bench, 1);
	drain(bench);
	expect_counts(bench, 1, 0, 0);
}

/* Killed when the first 6 records were marked, before they were counted. */
static void kill_before_the_counts_delivers_again(void **state)
{
	struct bench *bench = *state;

	emit(bench, 10);
	assert_int_equal(stream_drain(bench->stream, 2 * STRIDE), 0);
	ledger_row_mark(row_of(bench), 6 * STRIDE);
	reopen(bench);
	drain(bench);
	expect_lines(bench, 10, 3, 6);
	expect_counts(bench, 10, 4, 0);
}

/* Killed in the middle of a batch's counts: the spare set is half written. */
static void kill_within_the_counts_counts_nothing_twice(void **state)
{
	struct bench *bench = *state;
	struct ebpfd_ledger_set *spare;

	emit(bench, 4);
	ledger_row_mark(row_of(bench), 4 * STRIDE);
	spare = ledger_row_begin(row_of(bench));
	spare->consumed[0] = 77;
	spare->again = 77;
	reopen(bench);
	expect_counts(bench, 0, 0, 0);
	drain(bench);
	expect_counts(bench, 4, 4, 0);
	emit(bench, 1);
	drain(bench);
	expect_counts(bench, 5, 4, 0);
}

/* Killed after the counts, before the ring's position moved. */
static void kill_before_the_position_moved_delivers_nothing_twice(void **state)
{
	struct bench *bench = *state;
	struct ring *ring;

	emit(bench, 5);
	drain(bench);
	assert_int_equal(ring_new(bench->emitter.ring_fd, &ring), 0);
	ring_release(ring, 2 * STRIDE);
	reopen(bench);
	assert_int_equal(ring_consumer_position(ring), 5 * STRIDE);
	emit(bench, 1);
	drain(bench);
	expect_lines(bench, 6, 0, 0);
	expect_counts(bench, 6, 0, 0);
	ring_free(ring);
}

static void counts_of_another_ring_are_refused(void **state)
{
	struct bench *bench = *state;
	struct emitter fresh;
	struct stream *stream = NULL;

	emit(bench, 1);
	drain(bench);
	assert_int_equal(emitter_set_up(RING_SIZE, &fresh), 0);
	assert_int_equal(new_stream(bench, &fresh, 0, GENERATION, &stream), -EINVAL);
	assert_null(stream);
	expect_counts(bench, 1, 0, 0);
	emitter_take_down(&fresh);
}

static void banks_and_rings_that_do_not_exist_are_refused(void **state)
{
	struct bench *bench = *state;
	struct stream_settings settings = {
		.ring_fd = bench->emitter.ring_fd, .ledger = bench->ledger, .generation = 1};
	struct stream *stream;

	settings.place.bank = EBPFD_BANKS;
	assert_int_equal(stream_new(&settings, &stream), -EINVAL);
	settings.place.bank = 0;
	settings.place.section = EBPFD_RINGS_MAX;
	assert_int_equal(stream_new(&settings, &stream), -EINVAL);
	settings.place.section = 0;
	settings.generation = 0;
	assert_int_equal(stream_new(&settings, &stream), -EINVAL);
}

/* Puts the ledger where child processes share it, as the map's value is. */
static void share_ledger(struct bench *bench)
{
	size_t size = ebpfd_ledger_size(CPUS);
	void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(shared, MAP_FAILED);
	bench->stream = stream_free(bench->stream);
	memcpy(shared, bench->ledger.value, size);
	free(bench->ledger.value);
	bench->ledger.value = shared;
	bench->ledger_is_shared = true;
}

/* Until it is killed. */
static int read_for_ever(void *data)
{
	struct bench *bench = data;

	bench->sink = open_sink(SINK_FILE, bench->path);
	reopen(bench);
	while (stream_drain(bench->stream, stream_producer_position(bench->stream)) == 0)
		;
	return -EIO;
}

/* Each sequence from 1 to `count` is there, and more than once only if marked. */
static void expect_each(struct bench *bench, uint64_t count)
{
	size_t have;
	cleanup_free struct line *lines = read_lines(bench, &have);
	cleanup_free unsigned *seen = calloc(count + 1, sizeof(*seen));
	cleanup_free unsigned *unmarked = calloc(count + 1, sizeof(*unmarked));

	for (size_t i = 0; i < have; i++) {
		assert_in_range(lines[i].sequence, 1, count);
		seen[lines[i].sequence]++;
		unmarked[lines[i].sequence] += !lines[i].again;
	}
	for (uint64_t i = 1; i <= count; i++) {
		assert_in_range(seen[i], 1, UINT32_MAX);
		assert_in_range(unmarked[i], 0, 1);
	}
}

/* Kills a reader in the midst of its work, `usec` after it has begun. */
static void kill_reader_at_work(struct bench *bench, struct ring *ring, unsigned usec)
{
	uint64_t begin = ring_consumer_position(ring), end = now_usec() + PATIENCE_USEC;
	pid_t reader = child_start(read_for_ever, bench);

	assert_true(reader > 0);
	emit(bench, KILL_BURST);
	while (ring_consumer_position(ring) == begin)
		assert_true(now_usec() < end);
	for (end = now_usec() + usec; now_usec() < end;)
		;
	assert_int_equal(kill(reader, SIGKILL), 0);
	assert_int_equal(waitpid(reader, NULL, 0), reader);
}

static void real_kills_lose_nothing_and_double_nothing_unmarked(void **state)
{
	struct bench *bench = *state;
	struct ring *ring;

	share_ledger(bench);
	assert_int_equal(ring_new(bench->emitter.ring_fd, &ring), 0);
	for (unsigned i = 0; i < KILLS; i++)
		kill_reader_at_work(bench, ring, 7 * i % 300);
	use_sink(bench, SINK_FILE, bench->path);
	drain(bench);
	expect_each(bench, KILLS * KILL_BURST);
	assert_int_equal(stream_consumed(bench->stream), KILLS * KILL_BURST);
	assert_int_equal(stream_dropped(bench->stream), 0);
	ring_free(ring);
}

static int read_a_few_lines(void *data)
{
	const struct rlimit few_lines = {.rlim_cur = 400, .rlim_max = 400}, no_core = {};
	struct bench *bench = data;

	setrlimit(RLIMIT_CORE, &no_core);
	setrlimit(RLIMIT_FSIZE, &few_lines);
	reopen(bench);
	drain(bench);
	return 0;
}

/* The kernel ends the reader in the midst of its lines: at a file size that it may not pass. */
static void kill_within_the_lines_marks_those_that_are_out(void **state)
{
	struct bench *bench = *state;
	cleanup_free struct line *lines = NULL;
	size_t have;
	int status;
	pid_t reader;

	share_ledger(bench);
	emit(bench, 10);
	reader = child_start(read_a_few_lines, bench);
	assert_int_equal(waitpid(reader, &status, 0), reader);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
	lines = read_lines(bench, &have);
	assert_in_range(have, 1, 9);

	use_sink(bench, SINK_FILE, bench->path);
	drain(bench);
	expect_each(bench, 10);
	expect_counts(bench, 10, 10, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(records_reach_the_sink_in_order),
		CASE(turn_of_the_loop_is_bounded),
		CASE(ring_wraps_around_under_the_stream),
		CASE(record_wakes_the_loop),
		CASE(record_without_wake_up_is_found_by_the_timer),
		CASE(discarded_records_move_the_position_alone),
		CASE(sink_none_is_counted_without_lines),
		CASE(full_sink_drops_counted_lines),
		CASE(records_are_counted_by_the_cpu_of_their_header),
		CASE(records_of_a_cpus_ring_are_that_cpus),
		CASE(two_streams_share_a_sink),
		CASE(busy_head_does_not_spin),
		CASE(ring_wakes_the_loop_again_after_a_busy_head),
		CASE(drain_gives_up_on_a_record_that_stays_busy),
		CASE(held_stream_reads_nothing),
		CASE(drain_stops_at_its_position),
		CASE(position_is_reported_once_when_reached),
		CASE(position_that_is_reached_is_reported_from_the_loop),
		CASE(drain_reports_as_the_loop_does),
		CASE(stream_may_be_freed_by_its_report),
		CASE(next_stream_goes_on_where_the_last_stopped),
		CASE(other_generation_begins_with_an_empty_row),
		CASE(kill_before_the_counts_delivers_again),
		CASE(kill_within_the_counts_counts_nothing_twice),
		CASE(kill_before_the_position_moved_delivers_nothing_twice),
		CASE(counts_of_another_ring_are_refused),
		CASE(banks_and_rings_that_do_not_exist_are_refused),
		CASE(kill_within_the_lines_marks_those_that_are_out),
		CASE(real_kills_lose_nothing_and_double_nothing_unmarked),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
