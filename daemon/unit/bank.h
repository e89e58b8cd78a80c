/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One bank of a unit: a live generation, as the daemon sees it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/unit_file.h"
#include "daemon/events/check.h"
#include "daemon/events/ledger.h"
#include "daemon/events/stream.h"
#include "daemon/kernel/manifest.h"
#include "daemon/unit/context.h"

/* One ring of a section: all CPUs', or that of one CPU. */
struct bank_ring {
	int fd; /* until its stream is made */
	struct stream *stream;
};

/* One [Events] section of the generation. */
struct bank_section {
	struct sink *sink;
	struct decoder *decoder;
	struct check check;
	struct bank_ring *rings; /* one, or with Rings=cpu one per possible CPU */
	size_t ring_count;
};

struct bank {
	struct manifest *manifest; /* NULL: the bank is empty */
	struct unit_file *file;	   /* the unit file that the generation was made from */
	struct bank_section sections[EBPFD_RINGS_MAX];
	size_t section_count;
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
 * Held streams wait for bank_hold(bank, false). `audience` gets their lines as
 * well; it must outlive them.
 */
int bank_start(struct bank *bank, const struct context *context, const struct ledger *ledger,
	       int number, bool held, struct audience *audience);

/* Idempotent. What is in the rings stays there. */
void bank_close(struct bank *bank);

/*
 * Calls for each stream until a call returns other than 0, which is returned. A bank that was not
 * started, or could be only in part, has rings without one.
 */
int bank_for_each_stream(const struct bank *bank, int (*visit)(struct stream *stream, void *data),
			 void *data);

/* Held: the loop reads nothing of it until released. */
void bank_hold(const struct bank *bank, bool held);

/* Whether nothing is left in any of its rings, and none has failed. */
bool bank_is_drained(const struct bank *bank);

/* Consumes on the spot what is in the rings now. -EAGAIN if a record stays busy. */
int bank_drain(struct bank *bank);
