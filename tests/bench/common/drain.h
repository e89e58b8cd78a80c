/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One measurement: a ring, or a perf buffer, filled to the brim while nobody reads, then drained.
 */
#pragma once

#include <stdint.h>

#include "tests/bench/common/pourer.h"
#include "tests/bench/common/reader.h"

struct drain {
	const struct pourer *pourer;
	struct reader *reader;
	enum reader_kind kind; /* of the reader */
	uint32_t ring_size;    /* of the ring, and of each CPU's perf buffer */
	uint32_t length;       /* of the records, as the pourer's orders have it */
};

struct drain_times {
	uint64_t records;
	double cpu;  /* nanoseconds a record, of the reading thread alone */
	double wall; /* the same with whatever else the machine did */
};

/* Ends the process if the reader does not read what was written. */
struct drain_times drain_run(const struct drain *drain);
