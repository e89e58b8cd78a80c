/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests/bpf/emit.bpf.c is told to do; shared by its BPF program and the tests. */
#pragma once

#include "bpf/record.h"

#define EMIT_LENGTH_MAX 4096

/* What a record begins with. Its last byte, if it is longer, repeats the lowest of the sequence. */
struct emit_event {
	struct ebpfd_record header;
	__u64 sequence; /* from 1 */
};

struct emit_orders {
	__u32 length;	     /* of each record, up to EMIT_LENGTH_MAX */
	__u32 discard_every; /* each n-th record is discarded instead; 0: none */
	__u64 flags;	     /* of bpf_ringbuf_output() */
	__u64 sequence;	     /* of the last record tried */
	__u64 failed;	     /* records that the ring had no room for */
	__u32 let_go;	     /* ends the wait of `hold` */
	__u32 padding;
	union {
		struct emit_event event; /* header is sent as the test wrote it */
		unsigned char bytes[EMIT_LENGTH_MAX];
	};
};
