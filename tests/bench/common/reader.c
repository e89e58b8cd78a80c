/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/common/reader.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "daemon/events/ring.h"
#include "daemon/events/stream.h"
#include "lib/cleanup.h"
#include "tests/bench/common/figures.h"
#include "tests/bench/common/line.h"
#include "tests/support/ledger.h"

/* What a copying reader fills before its records are looked at: a read(2) of usual size. */
#define COPY_SIZE (64UL * 1024)
#define WAIT_MSEC 100

struct reader {
	enum reader_kind kind;
	uint64_t count; /* by our callbacks; a stream counts by itself */
	char *buffer;
	size_t used;

	struct ring_buffer *ring;
	struct perf_buffer *perf;

	sd_event *loop;
	struct unit_file *file;
	struct ledger ledger;
	struct sink *sink;
	struct decoder *decoder;
	struct stream *stream;
};

const char *reader_name(enum reader_kind kind)
{
	static const char *const names[READER_KINDS_] = {
		[READER_BARE] = "bare",	   [READER_COPY] = "copy",     [READER_PRINTF] = "printf",
		[READER_NONE] = "none",	   [READER_DECODE] = "decode", [READER_FILE] = "file",
		[READER_PERF] = "perfbuf",
	};

	return names[kind];
}

/* ---- libbpf --------------------------------------------------------------------------------- */

static int take(void *data, void *record, size_t length)
{
	struct reader *reader = data;

	(void)record, (void)length;
	reader->count++;
	return 0;
}

static int take_copy(void *data, void *record, size_t length)
{
	struct reader *reader = data;

	if (reader->used + length > COPY_SIZE)
		reader->used = 0;
	memcpy(reader->buffer + reader->used, record, length);
	reader->used += length;
	reader->count++;
	return 0;
}

static int take_printf(void *data, void *record, size_t length)
{
	struct reader *reader = data;

	if (reader->used + LINE_SIZE_MAX > COPY_SIZE)
		reader->used = 0;
	reader->used += line_print(record, (uint32_t)length, reader->buffer + reader->used);
	reader->count++;
	return 0;
}

static void take_perf(void *data, int cpu, void *record, __u32 length)
{
	struct reader *reader = data;

	(void)cpu, (void)record, (void)length;
	reader->count++;
}

static void open_ring(struct reader *reader, const struct reader_settings *settings)
{
	static const ring_buffer_sample_fn takes[READER_KINDS_] = {
		[READER_BARE] = take, [READER_COPY] = take_copy, [READER_PRINTF] = take_printf};

	reader->buffer = malloc(COPY_SIZE);
	reader->ring =
		ring_buffer__new(settings->pourer->ring_fd, takes[settings->kind], reader, NULL);
	if (!reader->buffer || !reader->ring)
		bench_fail("cannot open the ring: %m");
}

static void open_perf(struct reader *reader, const struct reader_settings *settings)
{
	size_t pages = settings->perf_bytes / (size_t)sysconf(_SC_PAGESIZE);

	reader->perf =
		perf_buffer__new(settings->pourer->perf_fd, pages, take_perf, NULL, reader, NULL);
	if (!reader->perf)
		bench_fail("cannot open a perf buffer of %zu pages for each CPU: %m", pages);
}

/* ---- ours ----------------------------------------------------------------------------------- */

static void open_sink(struct reader *reader, const struct reader_settings *settings)
{
	char text[PATH_MAX] = "none";
	struct failure failure;

	if (settings->kind != READER_NONE)
		(void)snprintf(text, sizeof(text), "file:%s",
			       settings->kind == READER_FILE ? settings->file : "/dev/null");
	reader->file = line_unit_file(settings->length, text);
	if (sink_new(reader->file->events, &reader->sink, &failure) < 0)
		bench_fail("%s", failure.text);
}

static void open_stream(struct reader *reader, const struct reader_settings *settings)
{
	struct stream_settings stream = {.ring_fd = settings->pourer->ring_fd,
					 .place.cpu = LEDGER_ALL_CPUS,
					 .generation = 1};

	open_sink(reader, settings);
	reader->ledger.value = ledger_make((uint32_t)libbpf_num_possible_cpus());
	stream.ledger = reader->ledger;
	stream.sink = reader->sink;
	reader->decoder = line_decoder(reader->file, bpf_object__btf(settings->pourer->object));
	stream.decoder = reader->decoder;
	if (stream_new(&stream, &reader->stream) < 0 || sd_event_new(&reader->loop) < 0 ||
	    stream_start(reader->stream, reader->loop) < 0)
		bench_fail("cannot start the stream");
}

static void note_reached(struct stream *stream, void *data)
{
	(void)stream;
	*(bool *)data = true;
}

/* As the daemon drains after a barrier: on its loop, turn by turn. */
static void drain_stream(struct reader *reader)
{
	uint64_t end = stream_producer_position(reader->stream);
	bool reached = false;

	if (stream_when_reached(reader->stream, end, note_reached, &reached) < 0)
		bench_fail("cannot drain the stream");
	while (!reached)
		if (sd_event_run(reader->loop, UINT64_MAX) < 0)
			bench_fail("the loop ends");
}

/* ---- all ------------------------------------------------------------------------------------ */

struct reader *reader_new(const struct reader_settings *settings)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		bench_fail("no memory");
	reader->kind = settings->kind;
	if (settings->kind == READER_PERF)
		open_perf(reader, settings);
	else if (settings->kind < READER_NONE)
		open_ring(reader, settings);
	else
		open_stream(reader, settings);
	return reader;
}

struct reader *reader_free(struct reader *reader)
{
	ring_buffer__free(reader->ring);
	perf_buffer__free(reader->perf);
	stream_free(reader->stream);
	decoder_free(reader->decoder);
	sink_free(reader->sink);
	sd_event_unref(reader->loop);
	unit_file_free(reader->file);
	free(reader->ledger.value);
	free(reader->buffer);
	free(reader);
	return NULL;
}

void reader_drain(struct reader *reader)
{
	int got = 0;

	if (reader->stream)
		drain_stream(reader);
	else
		got = reader->ring ? ring_buffer__consume(reader->ring)
				   : perf_buffer__consume(reader->perf);
	if (got < 0)
		bench_fail("cannot read");
}

void reader_turn(struct reader *reader)
{
	int got;

	if (reader->stream)
		got = sd_event_run(reader->loop, WAIT_MSEC * 1000UL);
	else
		got = reader->ring ? ring_buffer__poll(reader->ring, WAIT_MSEC)
				   : perf_buffer__poll(reader->perf, WAIT_MSEC);
	if (got < 0 && got != -EINTR)
		bench_fail("cannot read");
}

uint64_t reader_count(const struct reader *reader)
{
	return reader->stream ? stream_consumed(reader->stream) : reader->count;
}

static void compare_lines(const struct decoder *decoder, const struct ring_record *record)
{
	cleanup_free char *decoded = malloc(decoder_line_max(decoder, record->length));
	char printed[LINE_SIZE_MAX];
	size_t size;

	if (!decoded)
		bench_fail("no memory");
	size = decoder_line(decoder, record, false, decoded);
	if (size != line_print(record->data, record->length, printed) ||
	    memcmp(decoded, printed, size) != 0)
		bench_fail("the lines differ: %.*s and %s", (int)size, decoded, printed);
}

void reader_check_lines(const struct pourer *pourer, uint32_t length)
{
	struct unit_file *file = line_unit_file(length, "none");
	struct decoder *decoder = line_decoder(file, bpf_object__btf(pourer->object));
	struct ring_record record;
	struct ring *ring;
	uint64_t position;

	if (ring_new(pourer->ring_fd, &ring) < 0)
		bench_fail("cannot open the ring: %m");
	pourer->orders->length = length;
	pourer_pour(pourer, false, 1);
	position = ring_consumer_position(ring);
	while (ring_next(ring, &position, &record) > 0)
		compare_lines(decoder, &record);
	ring_release(ring, position);
	ring_free(ring);
	decoder_free(decoder);
	unit_file_free(file);
}
