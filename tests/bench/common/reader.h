/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The readers that the benchmark of events sets side by side. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "tests/bench/common/pourer.h"

enum reader_kind {
	READER_BARE,   /* libbpf's ring_buffer, and a callback that returns */
	READER_COPY,   /* the same, and a copy of each record into a buffer */
	READER_PRINTF, /* the same, and one snprintf() into a buffer */
	READER_NONE,   /* a stream with Sink=none */
	READER_DECODE, /* a stream whose lines are decoded and discarded: Sink=file:/dev/null */
	READER_FILE,   /* a stream with Sink=file: */
	READER_PERF,   /* libbpf's perf_buffer, and a callback that counts */
	READER_KINDS_
};

struct reader;

struct reader_settings {
	enum reader_kind kind;
	const struct pourer *pourer;
	uint32_t length;   /* of the records */
	const char *file;  /* where READER_FILE writes */
	size_t perf_bytes; /* READER_PERF: of each CPU's buffer */
};

const char *reader_name(enum reader_kind kind);

/* Each of these ends the process where it fails. */
struct reader *reader_new(const struct reader_settings *settings);
struct reader *reader_free(struct reader *reader);

/* Reads all that is there. */
void reader_drain(struct reader *reader);

/* Waits for records, not for ever, and reads some, as the reader's own loop does. */
void reader_turn(struct reader *reader);

/* Records read since the reader was made. */
uint64_t reader_count(const struct reader *reader);

/* Ends the process unless READER_PRINTF and READER_DECODE make the same line of a record. */
void reader_check_lines(const struct pourer *pourer, uint32_t length);
