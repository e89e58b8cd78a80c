// SPDX-License-Identifier: GPL-2.0-or-later
/* Fills a ring as a test asks: one record per run. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>

#include "tests/bpf/emit.h"

/*
 * How long `hold` waits at most, so that a failed test cannot keep a CPU. Where CPUs are emulated
 * in turns, of 100 ms each, a test that looks at what is held needs many of them.
 */
#define HOLD_NS 10000000000ULL

/* Iterations of each of two loops. */
#define HOLD_STEPS 8000

volatile struct emit_orders orders;

/* Keeps the type in the BTF for Record=emit_event. */
const volatile struct emit_event emit_event_type;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

static void count_failure(void)
{
	__sync_fetch_and_add(&orders.failed, 1);
}

static int discard_one(void)
{
	struct emit_event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);

	if (event)
		bpf_ringbuf_discard(event, orders.flags);
	else
		count_failure();
	return 0;
}

SEC("tc")
int emit(struct __sk_buff *skb)
{
	__u32 length = orders.length;
	__u32 every = orders.discard_every;
	__u64 sequence = orders.sequence + 1;

	orders.sequence = sequence;
	if (every && sequence % every == 0)
		return discard_one();
	if (length > EMIT_LENGTH_MAX)
		return 0;
	orders.event.sequence = sequence;
	if (length > sizeof(struct emit_event))
		orders.bytes[(length - 1) & (EMIT_LENGTH_MAX - 1)] = sequence;
	if (bpf_ringbuf_output(&ring, (void *)orders.bytes, length, orders.flags) < 0)
		count_failure();
	return 0;
}

/* As in slow.bpf.c, for want of bpf_loop() before Linux 5.17. */
__noinline int wait_a_little(__u64 deadline)
{
	for (int i = 0; i < HOLD_STEPS; i++)
		if (orders.let_go || bpf_ktime_get_ns() > deadline)
			return 1;
	return 0;
}

/* Keeps a record busy until it is let go. */
SEC("tc")
int hold(struct __sk_buff *skb)
{
	__u64 deadline = bpf_ktime_get_ns() + HOLD_NS;
	struct emit_event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);

	if (!event) {
		count_failure();
		return 0;
	}
	event->header = (struct ebpfd_record){};
	event->sequence = ++orders.sequence;
	for (int i = 0; i < HOLD_STEPS; i++)
		if (wait_a_little(deadline))
			break;
	bpf_ringbuf_submit(event, orders.flags);
	return 0;
}

char _license[] SEC("license") = "GPL";
