/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * What lives in pinned maps and outlives every process: the selector and the ledger of a unit.
 *
 * An entry at a hook that the kernel cannot update stays for the life of its link, over upgrades of
 * ebpfd. So these layouts are an ABI: the dispatch word keeps its meaning for ever, both structures
 * begin with a format number, and fields are only appended. A daemon that meets a newer format
 * adopts the unit read-only.
 *
 * Included by BPF programs and by the daemon; the includer brings __u32 and __u64.
 */
#pragma once

#include "record.h"

#define EBPFD_FORMAT 1

#define EBPFD_RINGS_MAX 8 /* [Events] sections of a unit */
#define EBPFD_BANKS	2

/*
 * The dispatch word: one aligned 64-bit word that the entry reads once per event.
 *
 *   bits  0-1   active bank: 0 none, 1 a, 2 b. None: the entry returns the neutral verdict.
 *   bit   2     a candidate is live in the other bank
 *   bit   3     the share is by task (a thread always gets the same answer), else by event.
 *               At hooks without a task behind each run (xdp, tcx) it is by event all the same.
 *   bits  4-7   zero
 *   bits  8-31  epoch: which entry of several at one hook may speak (see docs/architecture.md)
 *   bits 32-63  share: the part of all events that the candidate gets, in units of 2^-32
 *
 * Promote, abort, flip and roll back are one store of this word each.
 */
#define EBPFD_WORD_BANK	       0x3ULL
#define EBPFD_WORD_CANDIDATE   0x4ULL
#define EBPFD_WORD_BY_TASK     0x8ULL
#define EBPFD_WORD_EPOCH_SHIFT 8
#define EBPFD_WORD_EPOCH       (0xffffffULL << EBPFD_WORD_EPOCH_SHIFT)
#define EBPFD_WORD_SHARE_SHIFT 32

enum ebpfd_operation {
	EBPFD_OPERATION_NONE,
	EBPFD_OPERATION_LOAD,
	EBPFD_OPERATION_RELOAD,
	EBPFD_OPERATION_ROLLBACK,
};

/* Why the generation in force is not the one that the unit file names. */
enum ebpfd_override {
	EBPFD_OVERRIDE_NONE,
	EBPFD_OVERRIDE_OBJECT, /* reload --object */
	EBPFD_OVERRIDE_ROLLBACK,
};

/*
 * The selector: value of a mmapable one-entry array, never frozen (the kernel would make a constant
 * of a frozen word). Banks are numbered 0 (a) and 1 (b) here; in the word and in `former` they are
 * shifted by one, so that 0 says "none".
 */
struct ebpfd_selector {
	__u64 word; /* has a cache line of its own: every event reads it */
	__u64 line_[7];

	__u32 format;
	__u32 size;		       /* of this structure, as its writer knew it */
	__u32 generation[EBPFD_BANKS]; /* that sits in bank a, b; 0: the bank is empty */
	__u32 former;		       /* 0 none, 1 a, 2 b: the bank that a rollback flips to */
	__u32 next_generation;	       /* number of the next generation to be made */
	__u32 operation;	       /* enum ebpfd_operation under way, recovered after a kill */
	__u32 override_;	       /* enum ebpfd_override of the generation in force */
	__u32 override_after;	       /* what override_ becomes when the operation has settled */
	__u32 candidate;	       /* generation that the operation brings in force */
	__u64 target;		       /* the word that the operation's commit stores */
};

/*
 * One set of counts of one ring. The reader writes the set that is not in force, then changes
 * ebpfd_ledger_row.current by one store: after a kill either all of a batch is counted or none.
 */
struct ebpfd_ledger_set {
	__u64 position;	  /* the ring's consumer position that these counts belong to */
	__u64 again;	  /* of consumed: may have been delivered before a kill already */
	__u64 dropped;	  /* of consumed: records that the sink did not take */
	__u64 mismatched; /* of consumed: records that Check= kept back */
	__u64 consumed[]; /* a cell per CPU, as the record header says; without a header, CPU 0 */
};

/* The counts of one ring in one bank. `current` is 0 or 1. Two sets follow it. */
struct ebpfd_ledger_row {
	__u32 generation; /* that these counts belong to; 0: none yet */
	__u32 current;
	__u32 cells;   /* of consumed[] in each set: the ledger's `cpus`, or 1 in a narrow row */
	__u32 partial; /* 1: a later generation had the row; what came before that is not in it */
	__u64 in_hand; /* records before this position may have been delivered already */
};

/*
 * The ledger: value of a mmapable one-entry array. What belongs to bank a comes first, then the
 * same for bank b: a wide row for each [Events] section, whose ring all CPUs write to, and a narrow
 * row for each section and CPU, for sections with a ring per CPU.
 */
struct ebpfd_ledger {
	__u32 format;
	__u32 size; /* of the whole value */
	__u32 cpus; /* possible CPUs */
	__u32 reserved_;
	__u64 missed[EBPFD_HOOKS_MAX]; /* failed tail calls of the entry at each hook */
	__u64 reserved2_[5];
	/* EBPFD_BANKS times ebpfd_ledger_bank_size() bytes */
};

static inline __u32 ebpfd_ledger_set_size(__u32 cells)
{
	return sizeof(struct ebpfd_ledger_set) + cells * sizeof(__u64);
}

static inline __u32 ebpfd_ledger_row_size(__u32 cells)
{
	return sizeof(struct ebpfd_ledger_row) + 2 * ebpfd_ledger_set_size(cells);
}

static inline __u32 ebpfd_ledger_bank_size(__u32 cpus)
{
	return EBPFD_RINGS_MAX * (ebpfd_ledger_row_size(cpus) + cpus * ebpfd_ledger_row_size(1));
}

static inline __u32 ebpfd_ledger_size(__u32 cpus)
{
	return sizeof(struct ebpfd_ledger) + EBPFD_BANKS * ebpfd_ledger_bank_size(cpus);
}
