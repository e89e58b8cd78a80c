/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One bank of a unit: a live generation, as the daemon sees it. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/unit_file.h"
#include "daemon/events/ledger.h"
#include "daemon/events/stream.h"
#include "daemon/kernel/manifest.h"
#include "daemon/unit/context.h"

/* One [Events] section of the generation. */
struct bank_ring {
	struct sink *sink;
	struct decoder *decoder; /* until its stream takes it over */
	struct stream *stream;
	int ring_fd; /* until its stream is made */
};

struct bank {
	struct manifest *manifest; /* NULL: the bank is empty */
	struct unit_file *file;	   /* the unit file that the generation was made from */
	struct bank_ring rings[EBPFD_RINGS_MAX];
	size_t ring_count;
	int counts_fd; /* EBPFD_COUNTS_MAP of the generation, or -1 */
};

#define BANK_INIT ((struct bank){.counts_fd = -1})

/*
 * Reads a generation from its pins and opens all that can be refused: manifest, rings, decoders,
 * sinks. Nothing is read from the rings, the ledger is not touched.
 */
int bank_open(const struct context *context, const char *unit, uint32_t generation,
	      struct bank *ret, struct failure *reterr_failure);

/*
 * Makes the streams. The ledger's rows of `number` are reset if they belong to another generation.
 * Held streams wait for bank_release().
 */
int bank_start(struct bank *bank, const struct context *context, const struct ledger *ledger,
	       int number, bool held);
void bank_release(struct bank *bank);

/* Idempotent. What is in the rings stays there. */
void bank_close(struct bank *bank);

/* Consumes on the spot what is in the rings now. -EAGAIN if a record stays busy. */
int bank_drain(struct bank *bank);

/*
 * The events of this generation, an array with an object per ring. Where no program of it can run
 * any more (`quiet`), the identity attempted = consumed + failed + in_ring is judged: "holds" or
 * "broken"; "unverified" without the counters of ebpfd.bpf.h, or with several rings, whose counters
 * are common. While it runs, the terms move: "running".
 */
json_t *bank_events(const struct bank *bank, bool quiet);
