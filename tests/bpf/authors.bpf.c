// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What ebpfd.bpf.h gives to authors, in a program that fits every type: it reads nothing of its
 * context. All is set before load.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bpf/ebpfd.bpf.h"

const volatile int verdict = 0;
const volatile int discard_every = 0; /* of so many records, one is discarded; 0: none */

struct author_event {
	struct ebpfd_record ebpfd;
	__u64 payload;
};

/* Small: a test fills it. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

__u64 runs;

static __always_inline int is_discarded(__u64 run)
{
	return discard_every && run % discard_every == 0;
}

SEC("xdp")
int EBPFD_PROG(on_event, void *ctx)
{
	struct author_event *event = EBPFD_RESERVE(&events, struct author_event, 3);

	(void)ctx;
	if (!event)
		return verdict;
	event->payload = ++runs;
	if (is_discarded(event->payload))
		ebpfd_discard(event);
	else
		ebpfd_submit(event);
	return verdict;
}

char _license[] SEC("license") = "Dual BSD/GPL";
