/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests/bench/pour.bpf.c writes; shared by its programs and the benchmarks. */
#pragma once

#include <linux/types.h>

#include "bpf/record.h"

/* Records of one run of a program. */
#define POUR_PER_RUN	64
#define POUR_LENGTH_MAX 1024

/* The six fields that are decoded. A record has nothing else behind its head but padding. */
#define POUR_FIELDS             \
	__u32 source;           \
	__u32 destination;      \
	__u16 source_port;      \
	__u16 destination_port; \
	__u16 length;           \
	__u16 mark

/* 16 bytes are less than our head: such a record has none. */
struct pour_16 {
	POUR_FIELDS;
};

struct pour_64 {
	struct ebpfd_record ebpfd;
	POUR_FIELDS;
} __attribute__((aligned(64)));

struct pour_256 {
	struct ebpfd_record ebpfd;
	POUR_FIELDS;
} __attribute__((aligned(256)));

struct pour_1024 {
	struct ebpfd_record ebpfd;
	POUR_FIELDS;
} __attribute__((aligned(1024)));

struct pour_orders {
	__u32 length; /* of each record: the size of one of the structs above */
	__u32 padding;
	__u64 flags; /* of bpf_ringbuf_output() */
};

/* Per CPU. */
struct pour_state {
	__u64 attempted;
	__u64 failed; /* of attempted: there was no room */
	unsigned char record[POUR_LENGTH_MAX];
};
